import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { insertOnce } from '../database/insert-once.js';
import { Clock } from '../kernel/clock.js';
import { Secrets } from '../kernel/secrets.js';
import { sourceOf } from './source.js';
import { SourceBudgetRow } from './source-budget.entity.js';

/** Messages that one source address may cause, and in how many milliseconds. */
const LIMIT = 1_000;
const WINDOW = 3_600_000;

/** How many messages one source address may cause: 1,000 an hour, to whomever. */
@Injectable()
export class SourceBudget {
  constructor(
    @InjectRepository(SourceBudgetRow) private readonly rows: Repository<SourceBudgetRow>,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** @returns null when taken, else the moment from which there is one again */
  async take(ip: string): Promise<Date | null> {
    const sourceHash = this.secrets.hash('source-budget', sourceOf(ip));
    // Once more for who finds that another has just opened the row.
    if ((await this.spend(sourceHash)) || (await this.open(sourceHash)) || (await this.spend(sourceHash))) return null;
    return (await this.rows.findOneByOrFail({ sourceHash })).resetAt;
  }

  private async open(sourceHash: string): Promise<boolean> {
    if (await this.rows.existsBy({ sourceHash })) return false;
    return insertOnce(this.rows, { sourceHash, used: 1, resetAt: this.clock.in(WINDOW) }, { sourceHash });
  }

  private async spend(sourceHash: string): Promise<boolean> {
    const { affected } = await this.rows
      .createQueryBuilder()
      .update()
      .set({
        // The counter before the window: MySQL assigns from left to right.
        used: () => 'CASE WHEN resetAt <= :now THEN 1 ELSE used + 1 END',
        resetAt: () => 'CASE WHEN resetAt <= :now THEN :end ELSE resetAt END',
      })
      .where('sourceHash = :sourceHash AND (resetAt <= :now OR used < :limit)')
      .setParameters({ sourceHash, now: this.clock.now(), end: this.clock.in(WINDOW), limit: LIMIT })
      .execute();
    return affected === 1;
  }
}
