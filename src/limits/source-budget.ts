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

/** More than anybody asks in any window. */
const ANY_NUMBER = 2 ** 31 - 1;

/** What one source address may cause: 1,000 messages an hour, to whomever. Counts its requests, too. */
@Injectable()
export class SourceBudget {
  constructor(
    @InjectRepository(SourceBudgetRow) private readonly rows: Repository<SourceBudgetRow>,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** Takes one message. @returns null when taken, else the moment from which there is one again */
  async take(ip: string): Promise<Date | null> {
    const sourceHash = this.secrets.hash('source-budget', sourceOf(ip));
    return (await this.spend(sourceHash, WINDOW, LIMIT)) ? null : (await this.read(sourceHash)).resetAt;
  }

  /**
   * Counts one request.
   * @param key tells whose, and to what
   * @param window milliseconds after which it begins anew
   * @returns how many there were in this window, and when it ends
   */
  async count(key: string, window: number): Promise<Pick<SourceBudgetRow, 'used' | 'resetAt'>> {
    const sourceHash = this.secrets.hash('source-requests', key);
    await this.spend(sourceHash, window, ANY_NUMBER);
    return this.read(sourceHash);
  }

  private read(sourceHash: string): Promise<SourceBudgetRow> {
    return this.rows.findOneByOrFail({ sourceHash });
  }

  private async spend(sourceHash: string, window: number, limit: number): Promise<boolean> {
    const spend = () => this.spendOpen(sourceHash, window, limit);
    // Once more for who finds that another has just opened the row.
    return (await spend()) || (await this.open(sourceHash, window)) || (await spend());
  }

  private async open(sourceHash: string, window: number): Promise<boolean> {
    if (await this.rows.existsBy({ sourceHash })) return false;
    return insertOnce(this.rows, { sourceHash, used: 1, resetAt: this.clock.in(window) }, { sourceHash });
  }

  private async spendOpen(sourceHash: string, window: number, limit: number): Promise<boolean> {
    const { affected } = await this.rows
      .createQueryBuilder()
      .update()
      .set({
        // The counter before the window: MySQL assigns from left to right.
        used: () => 'CASE WHEN resetAt <= :now THEN 1 ELSE used + 1 END',
        resetAt: () => 'CASE WHEN resetAt <= :now THEN :end ELSE resetAt END',
      })
      .where('sourceHash = :sourceHash AND (resetAt <= :now OR used < :limit)')
      .setParameters({ sourceHash, now: this.clock.now(), end: this.clock.in(window), limit })
      .execute();
    return affected === 1;
  }
}
