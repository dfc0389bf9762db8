import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Or, type Repository } from 'typeorm';
import { gatheredReads } from '../../database/gathered.js';
import { insertOnce, isTaken } from '../../database/insert-once.js';
import type { Provided } from '../../database/provided.js';
import { Table } from '../../database/table.js';
import { isBrokenOff } from '../../database/unavailable.js';
import { isRandomId } from '../../kernel/secrets.js';
import { Factor } from './factor.entity.js';

/** Any but those whose removal has begun: these are left to `RemovedFactors`. */
export const KEPT = Not('removed' as const);

/** The factor table. Each change is one conditional statement; the row count says whether it was made. */
@Injectable()
export class FactorRepository {
  /** All of a user's factors, oldest first. */
  readonly findAll: (userId: string) => Promise<Factor[]>;
  private readonly table: Table<Factor>;

  constructor(@InjectRepository(Factor) private readonly rows: Repository<Factor>) {
    this.table = new Table(rows);
    this.findAll = gatheredReads(async (users) => {
      const factors = await this.table.find({ userId: In(users), status: KEPT }, ['createdAt', 'id']);
      return users.map((user) => factors.filter(({ userId }) => userId === user));
    });
  }

  /** True unless the slot is taken. */
  insertInSlot(factor: Factor & { slot: number }): Promise<boolean> {
    return insertOnce(this.rows, factor, { userId: factor.userId, slot: factor.slot });
  }

  /** True unless a factor of that id exists. */
  insertOnce(factor: Factor): Promise<boolean> {
    return insertOnce(this.rows, factor, { id: factor.id });
  }

  async findOne(id: string, userId: string): Promise<Factor | null> {
    return isRandomId(id) ? this.table.findOne({ id, userId, status: KEPT }) : null;
  }

  /** The factor that has the unique key, whosever it is. */
  findByUniqueKey(uniqueKey: string): Promise<Factor | null> {
    return this.rows.findOneBy({ uniqueKey });
  }

  /** `won` for the one caller that made it active; `taken` when another factor has the unique key. */
  async activate(
    factor: Factor,
    to: Pick<Factor, 'sealed' | 'uniqueKey' | 'preferred' | 'lastUsedAt'>,
    provided: Provided | null = null,
  ): Promise<'won' | 'lost' | 'taken'> {
    const { id, sealed } = factor;
    try {
      const changed = await this.table.update({ id, status: 'pending', sealed }, { ...to, status: 'active' }, provided);
      return changed === 1 ? 'won' : 'lost';
    } catch (error) {
      // Two that look at each other's rows before either has changed its own: MySQL lets one of them go on.
      if (isBrokenOff(error)) return this.activate(factor, to, provided);
      if (to.uniqueKey !== null && (await isTaken(this.rows, { uniqueKey: to.uniqueKey }, error))) return 'taken';
      throw error;
    }
  }

  /**
   * Takes a right answer, which ends the row of failures. True when the factor is active, need not wait, and still holds
   * the secret that the answer was checked against, and no wrong answer was counted since it was read.
   */
  async prove({ id, sealed, failures }: Factor, secret: string | null, now: Date): Promise<boolean> {
    const changes = { sealed: secret, lastUsedAt: now, failures: 0, blockedUntil: null };
    const free = { blockedUntil: Or(IsNull(), LessThanOrEqual(now)) };
    return (await this.table.update({ id, status: 'active', sealed, failures, ...free }, changes)) === 1;
  }

  /** What holds as long as the factor is active. */
  whileActive({ id: activeFactor }: Factor): Provided {
    const sql = `EXISTS (SELECT 1 FROM ${this.rows.metadata.tableName} WHERE id = :activeFactor AND status = 'active')`;
    return { sql, parameters: { activeFactor } };
  }

  /** Counts a wrong answer. True for the one caller that counted it on from what was read. */
  async countFailure(
    { id, failures }: Factor,
    to: Pick<Factor, 'status' | 'failures' | 'blockedUntil'>,
  ): Promise<boolean> {
    // As soon as a right answer: else that would overtake wrong ones of the same moment.
    return (await this.table.update({ id, failures, status: 'active' }, to)) === 1;
  }

  async rename(id: string, userId: string, label: string): Promise<void> {
    await this.rows.update({ id, userId }, { label });
  }

  /** Makes it the preferred one, and no other, in one statement. */
  async prefer(id: string, userId: string): Promise<void> {
    await this.rows
      .createQueryBuilder()
      .update()
      .set({ preferred: () => 'CASE WHEN id = :id THEN 1 ELSE 0 END' })
      .where('userId = :userId', { id, userId })
      .execute();
  }

  /** What holds unless it is the user's last active factor of these types; also when two are removed at once. */
  unlessLast(leaving: string, owner: string, types: string[]): Provided {
    const others = `userId = :owner AND id <> :leaving AND status = 'active' AND type IN (:...types)`;
    return { sql: `(status <> 'active' OR ${this.has(others)})`, parameters: { leaving, owner, types } };
  }

  /** What holds as long as the user has proved no factor but those of these types. */
  whileNoneBut(owner: string, types: string[]): Provided {
    const factors = `userId = :owner AND status IN ('active', 'disabled') AND type NOT IN (:...types)`;
    return { sql: `NOT ${this.has(factors)}`, parameters: { owner, types } };
  }

  /** Removes it at once, with nothing else. True for the one caller that removed it. */
  async remove(id: string, userId: string): Promise<boolean> {
    const { affected } = await this.rows.delete({ id, userId });
    return affected === 1;
  }

  /** The LIMIT lets MySQL read from the table that it changes. */
  private has(factors: string): string {
    return `EXISTS (SELECT 1 FROM (SELECT id FROM ${this.rows.metadata.tableName} WHERE ${factors} LIMIT 1) found)`;
  }
}
