import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { gatheredRows } from '../database/gathered.js';
import { insertOnce } from '../database/insert-once.js';
import { Table } from '../database/table.js';
import { Clock } from '../kernel/clock.js';
import { Secrets } from '../kernel/secrets.js';
import { type Backoff, blockedUntil } from './backoff.js';
import { GuessBudgetRow } from './guess-budget.entity.js';

/** Milliseconds after which failures are forgotten. */
const FORGET_AFTER = 86_400_000;

/** Who is guessed at, or from where, and how patient we are. */
export interface Guessed {
  /** `account`, `source`, `device`, `registration`. */
  readonly kind: string;
  readonly subject: string;
  readonly backoff: Backoff;
}

interface Counted extends Guessed {
  readonly subjectHash: string;
  readonly row: GuessBudgetRow | null;
}

/**
 * Counts wrong guesses in a row and makes the guesser wait. An answer is judged first and told only when the budget
 * lets it: so many guesses at the same moment get no more out of it than one after the other (CVE-2024-4629).
 */
@Injectable()
export class GuessBudget {
  private readonly find: (subjectHash: string) => Promise<GuessBudgetRow | null>;

  constructor(
    @InjectRepository(GuessBudgetRow) private readonly rows: Repository<GuessBudgetRow>,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {
    this.find = gatheredRows(new Table(rows), 'subjectHash');
  }

  /**
   * Settles a judged answer: a wrong one is counted against everyone named, a right one clears the first.
   * @returns null when the answer may be told, else the moment until which no answer is
   */
  async settle(right: boolean, guessed: readonly [Guessed, ...Guessed[]]): Promise<Date | null> {
    for (;;) {
      const counted = await Promise.all(guessed.map((one) => this.read(one)));
      const until = latest(counted.map(({ row }) => this.blocked(row)));
      if (until) return until;
      if (!right) return latest(await Promise.all(counted.map((one) => this.count(one))));
      // Else others were counted since it was read, and may have used up what there was: look again.
      if (await this.clear(counted[0])) return null;
    }
  }

  /** Clears what was counted before an answer that was settled as a wrong one, told, and right after all. */
  async forgive(guessed: Guessed): Promise<void> {
    await this.clear(await this.read(guessed));
  }

  private async read(guessed: Guessed): Promise<Counted> {
    const subjectHash = this.secrets.hash('guess-budget', guessed.kind, guessed.subject);
    return { ...guessed, subjectHash, row: await this.find(subjectHash) };
  }

  /** Counts one failure; each of many at the same moment counts one of its own, or finds itself blocked. */
  private async count(guessed: Counted): Promise<Date | null> {
    for (let { row } = guessed; ; row = await this.find(guessed.subjectHash)) {
      const until = this.blocked(row);
      if (until) return until;
      const now = this.clock.now();
      const known = row && row.lastAt > this.clock.ago(FORGET_AFTER) ? row.failures : 0;
      const next = { failures: known + 1, lastAt: now, blockedUntil: blockedUntil(known + 1, guessed.backoff, now) };
      if (row ? await this.replace(row, next) : await this.open(guessed.subjectHash, next)) return null;
    }
  }

  private async replace({ subjectHash, failures }: GuessBudgetRow, next: Partial<GuessBudgetRow>): Promise<boolean> {
    const { affected } = await this.rows.update({ subjectHash, failures }, next);
    return affected === 1;
  }

  private open(subjectHash: string, first: Omit<GuessBudgetRow, 'subjectHash'>): Promise<boolean> {
    return insertOnce(this.rows, { subjectHash, ...first }, { subjectHash });
  }

  /** Only what was read: a failure that was counted meanwhile stays. */
  private async clear({ subjectHash, row }: Counted): Promise<boolean> {
    if (!row) return true;
    const { affected } = await this.rows.delete({ subjectHash, failures: row.failures });
    return affected === 1;
  }

  private blocked(row: GuessBudgetRow | null): Date | null {
    return row?.blockedUntil && row.blockedUntil > this.clock.now() ? row.blockedUntil : null;
  }
}

function latest(moments: readonly (Date | null)[]): Date | null {
  return moments.reduce((one, other) => (other && (!one || other > one) ? other : one), null);
}
