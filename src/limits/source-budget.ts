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
    if (await this.spend(sourceHash)) return null;
    const row = await this.rows.findOneBy({ sourceHash });
    if (row) return row.resetAt;
    const first = { sourceHash, used: 1, resetAt: this.clock.in(WINDOW) };
    return (await insertOnce(this.rows, first, { sourceHash })) || (await this.spend(sourceHash))
      ? null
      : first.resetAt;
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
