import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, MoreThan, Not, type Repository } from 'typeorm';
import { gatheredInserts } from '../database/gathered.js';
import type { Provided } from '../database/provided.js';
import { Table, type Which } from '../database/table.js';
import { isRandomId } from '../kernel/secrets.js';
import { SessionRow } from './session.entity.js';

type Changes = Partial<SessionRow>;

/** What decides whether a session's tokens are good, and what new ones say. */
const STATE = [
  'id',
  'userId',
  'authTime',
  'acr',
  'amr',
  'mfaAt',
  'mfaFactor',
  'epoch',
  'refreshHash',
  'refreshGeneration',
  'lastUsedAt',
  'expiresAt',
  'endedAt',
] as const;

export type SessionState = Pick<SessionRow, (typeof STATE)[number]>;

const REVOCATION = ['id', 'epoch', 'endedAt', 'revokedAt'] as const;

/** The session table. Each change is one conditional UPDATE; the row count says whether it was made. */
@Injectable()
export class SessionRepository {
  /** Whether it was inserted: it is if what it is provided with holds. */
  readonly insert: (row: SessionRow, provided: Provided | null) => Promise<boolean>;
  private readonly table: Table<SessionRow>;

  constructor(@InjectRepository(SessionRow) private readonly rows: Repository<SessionRow>) {
    this.table = new Table(rows);
    this.insert = gatheredInserts(this.table, 'id');
  }

  async find(id: string): Promise<SessionState | null> {
    const [state] = await this.table.pick(STATE, { id });
    return state ?? null;
  }

  /** The user's sessions that are neither ended nor past `now`, last used first. */
  findAlive(userId: string, now: Date): Promise<SessionRow[]> {
    return this.rows.find({
      where: { userId, endedAt: IsNull(), expiresAt: MoreThan(now) },
      order: { lastUsedAt: 'DESC' },
    });
  }

  /** The user's sessions that were opened by that factor, or have the MFA claim by it. */
  findRestingOn(userId: string, factorId: string): Promise<Pick<SessionRow, 'id' | 'epoch' | 'amr'>[]> {
    return this.rows.find({
      select: { id: true, epoch: true, amr: true },
      where: [
        { userId, mfaFactorId: factorId, endedAt: IsNull() },
        { userId, openedBy: factorId, endedAt: IsNull() },
      ],
    });
  }

  /** Those whose tokens were declared dead after `moment`. */
  findRevokedAfter(moment: Date): Promise<Pick<SessionRow, (typeof REVOCATION)[number]>[]> {
    return this.table.pick(REVOCATION, { revokedAt: MoreThan(moment) });
  }

  /** True for the one caller that moved the session on from that refresh token. */
  rotate(id: string, from: { hash: string; epoch: number }, to: Changes, provided: Provided | null): Promise<boolean> {
    return this.change({ id, refreshHash: from.hash, epoch: from.epoch }, to, provided);
  }

  /** True for the one caller that moved the session on from that epoch. */
  advance(id: string, epoch: number, to: Changes, provided: Provided | null = null): Promise<boolean> {
    return this.change({ id, epoch }, to, provided);
  }

  /** True for the one caller that ended it. */
  async end(id: string, userId: string, reason: string, now: Date): Promise<boolean> {
    return isRandomId(id) && this.change({ id, userId }, { endedAt: now, revokedAt: now, endReason: reason });
  }

  /** Ends all of the user's sessions, except one if given. */
  async endAll(userId: string, reason: string, now: Date, exceptId?: string): Promise<void> {
    const which = exceptId === undefined ? { userId } : { userId, id: Not(exceptId) };
    await this.change(which, { endedAt: now, revokedAt: now, endReason: reason });
  }

  /** What holds as long as the session has not ended. */
  whileAlive(aliveSession: string): Provided {
    const sql = `EXISTS (SELECT 1 FROM ${this.rows.metadata.tableName} WHERE id = :aliveSession AND endedAt IS NULL)`;
    return { sql, parameters: { aliveSession } };
  }

  private async change(which: Which<SessionRow>, to: Changes, provided: Provided | null = null): Promise<boolean> {
    return (await this.table.update({ ...which, endedAt: null }, to, provided)) !== 0;
  }
}
