import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThanOrEqual, Or, type Repository } from 'typeorm';
import { Factor } from './factor.entity.js';

/** The factor table. Each change is one conditional statement; the row count says whether it was made. */
@Injectable()
export class FactorRepository {
  constructor(@InjectRepository(Factor) private readonly rows: Repository<Factor>) {}

  async insert(factor: Factor): Promise<void> {
    await this.rows.insert(factor);
  }

  /** All of the user's factors, oldest first. */
  findAll(userId: string): Promise<Factor[]> {
    return this.rows.find({ where: { userId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  findActive(userId: string): Promise<Factor[]> {
    return this.rows.find({ where: { userId, status: 'active' }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  findOne(id: string, userId: string): Promise<Factor | null> {
    return this.rows.findOneBy({ id, userId });
  }

  /** The factor that has the unique key, whosever it is. */
  findByUniqueKey(uniqueKey: string): Promise<Factor | null> {
    return this.rows.findOneBy({ uniqueKey });
  }

  /** `won` for the one caller that made it active; `taken` when another factor has the unique key. */
  async activate(
    { id, sealed }: Factor,
    to: Pick<Factor, 'sealed' | 'uniqueKey' | 'preferred' | 'lastUsedAt'>,
  ): Promise<'won' | 'lost' | 'taken'> {
    const which = { id, status: 'pending' as const, sealed: sealed ?? IsNull() };
    try {
      const { affected } = await this.rows.update(which, { ...to, status: 'active' });
      return affected === 1 ? 'won' : 'lost';
    } catch (error) {
      if (to.uniqueKey !== null && (await this.rows.existsBy({ uniqueKey: to.uniqueKey }))) return 'taken';
      throw error;
    }
  }

  /**
   * Takes a right answer, which ends the row of failures. True when the factor is active, need not wait, and still holds
   * the secret that the answer was checked against.
   */
  async prove({ id, sealed }: Factor, secret: string | null, now: Date): Promise<boolean> {
    const changes = { sealed: secret, lastUsedAt: now, failures: 0, blockedUntil: null };
    const free = { blockedUntil: Or(IsNull(), LessThanOrEqual(now)) };
    const { affected } = await this.rows.update({ id, status: 'active', sealed: sealed ?? IsNull(), ...free }, changes);
    return affected === 1;
  }

  /** Counts a wrong answer. True for the one caller that counted it on from what was read. */
  async countFailure(
    { id, failures }: Factor,
    to: Pick<Factor, 'status' | 'failures' | 'blockedUntil'>,
  ): Promise<boolean> {
    const { affected } = await this.rows.update({ id, failures, status: 'active' }, to);
    return affected === 1;
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

  async removeAll(userId: string): Promise<void> {
    await this.rows.delete({ userId });
  }

  /** True for the one caller that removed it. */
  async remove(id: string, userId: string): Promise<boolean> {
    const { affected } = await this.rows.delete({ id, userId });
    return affected === 1;
  }
}
