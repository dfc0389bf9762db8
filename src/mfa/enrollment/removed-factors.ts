import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import type { Provided } from '../../database/provided.js';
import { Table } from '../../database/table.js';
import { Factor } from './factor.entity.js';
import { KEPT } from './factor.repository.js';

const USER = ['userId'] as const;

/** What could be enrolled again is free at once. */
const REMOVED = { status: 'removed', slot: null, uniqueKey: null } as const;

/**
 * The rows of factors that are being removed. For all others they are gone; they stay until nothing rests on them any
 * more, so that a removal that was interrupted can be finished.
 */
@Injectable()
export class RemovedFactors {
  private readonly table: Table<Factor>;

  constructor(@InjectRepository(Factor) private readonly rows: Repository<Factor>) {
    this.table = new Table(rows);
  }

  /** True for the one caller that removed it. */
  async begin(id: string, userId: string, provided: Provided | null = null): Promise<boolean> {
    return (await this.table.update({ id, userId, status: KEPT }, REMOVED, provided)) === 1;
  }

  async beginAll(userId: string): Promise<void> {
    await this.table.update({ userId, status: KEPT }, REMOVED);
  }

  async beginTypes(userId: string, types: string[], provided: Provided): Promise<void> {
    await this.table.update({ userId, type: In(types), status: KEPT }, REMOVED, provided);
  }

  find(userId: string): Promise<Factor[]> {
    return this.table.find({ userId, status: 'removed' });
  }

  async findUsers(): Promise<string[]> {
    const rows = await this.table.pick(USER, { status: 'removed' });
    return [...new Set(rows.map(({ userId }) => userId))];
  }

  /** True for the one caller that finished it. */
  async finish({ id, userId }: Factor): Promise<boolean> {
    const { affected } = await this.rows.delete({ id, userId, status: 'removed' });
    return affected === 1;
  }

  async finishAll(userId: string): Promise<void> {
    await this.rows.delete({ userId, status: 'removed' });
  }
}
