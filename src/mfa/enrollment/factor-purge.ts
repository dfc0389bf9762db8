import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { NO_REQUEST } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { Factor } from './factor.entity.js';
import { FactorRemoval } from './factor-removal.service.js';
import { RemovedFactors } from './removed-factors.js';

/** Milliseconds; longer than the challenge that would make a factor active. */
const KEPT_FOR = 86_400_000;

/** Deletes factors that were enrolled and never proved, and finishes removals that were interrupted. */
@Injectable()
export class FactorPurge {
  constructor(
    @InjectRepository(Factor) private readonly rows: Repository<Factor>,
    private readonly removed: RemovedFactors,
    private readonly removal: FactorRemoval,
    private readonly clock: Clock,
  ) {}

  @Interval(3_600_000)
  async purge(): Promise<void> {
    const createdAt = LessThan(this.clock.ago(KEPT_FOR));
    await deleteInBatches(this.rows, 'id', { status: 'pending', createdAt });
    for (const userId of await this.removed.findUsers()) await this.removal.finish({ userId, origin: NO_REQUEST });
  }
}
