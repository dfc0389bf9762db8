import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Not, type Repository } from 'typeorm';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { Clock } from '../kernel/clock.js';
import { SessionRow } from './session.entity.js';

/** Milliseconds; longer than any access token lives, so the revocation feed has told of every end before. */
const KEPT_FOR = 86_400_000;

/** Deletes sessions that ended, or expired, a day ago. */
@Injectable()
export class SessionPurge {
  constructor(
    @InjectRepository(SessionRow) private readonly rows: Repository<SessionRow>,
    private readonly clock: Clock,
  ) {}

  @Interval(3_600_000)
  async purge(): Promise<void> {
    const old = LessThan(this.clock.ago(KEPT_FOR));
    await deleteInBatches(this.rows, 'id', { expiresAt: old });
    await deleteInBatches(this.rows, 'id', { revokedAt: old, endedAt: Not(IsNull()) });
  }
}
