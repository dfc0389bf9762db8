import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, MoreThan, type Repository } from 'typeorm';
import { Table, type Which } from '../database/table.js';
import { isRandomId } from '../kernel/secrets.js';
import { Challenge } from './challenge.entity.js';

/** Answers one challenge takes, over all codes that are sent for it. */
export const MAX_ATTEMPTS = 5;

/** The columns that change when something is asked anew. */
export type AskedQuestion = Pick<Challenge, 'factorId' | 'kept' | 'delivery' | 'resendAt' | 'expiresAt'>;

/** The challenge table. Each change is one conditional UPDATE; the row count says whether it was made. */
@Injectable()
export class ChallengeRepository {
  private readonly table: Table<Challenge>;

  constructor(@InjectRepository(Challenge) private readonly rows: Repository<Challenge>) {
    this.table = new Table(rows);
  }

  async insert(challenge: Challenge): Promise<void> {
    await this.table.insert(challenge);
  }

  async find(which: { id: string; purpose: string; userId?: string; sessionId?: string }): Promise<Challenge | null> {
    return isRandomId(which.id) ? this.table.findOne(which) : null;
  }

  /** True for the one caller whose right answer it takes. The code must still be the one that was checked. */
  async consume({ id, kept }: Challenge, now: Date): Promise<boolean> {
    return (await this.table.update({ ...open(id, now), kept }, { consumedAt: now })) === 1;
  }

  /** Spends one attempt. @returns how many are left, or null when the challenge was closed already */
  async spendAttempt(id: string, now: Date): Promise<number | null> {
    if ((await this.table.update(open(id, now), { attempts: () => 'attempts + 1' })) !== 1) return null;
    const { attempts } = await this.rows.findOneOrFail({ select: { attempts: true }, where: { id } });
    return MAX_ATTEMPTS - attempts;
  }

  /** Puts a new question in place of the one that was read; the attempts used stay used. True for one caller. */
  async replaceQuestion({ id, kept }: Challenge, question: AskedQuestion, now: Date): Promise<boolean> {
    return (await this.table.update({ ...open(id, now), kept }, question)) === 1;
  }

  /** Only the live ones are looked at: they are found by when they expire. */
  async expireAll(purpose: string, userId: string, now: Date): Promise<void> {
    await this.rows.update({ purpose, userId, consumedAt: IsNull(), expiresAt: MoreThan(now) }, { expiresAt: now });
  }

  /** Notes that the question did not reach the user. */
  async markUndelivered({ id, kept }: Challenge, resendAt: Date | null): Promise<void> {
    await this.table.update({ id, kept }, { delivery: 'failed', resendAt });
  }
}

function open(id: string, now: Date): Which<Challenge> {
  return { id, consumedAt: null, attempts: LessThan(MAX_ATTEMPTS), expiresAt: MoreThan(now) };
}
