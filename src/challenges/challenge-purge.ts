import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, MoreThanOrEqual, Not, type Repository } from 'typeorm';
import { Audit } from '../audit/audit.service.js';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { NO_REQUEST } from '../http/request-origin.js';
import { Clock } from '../kernel/clock.js';
import { Challenge } from './challenge.entity.js';
import { MAX_ATTEMPTS } from './challenge.repository.js';

/** So long after its end a challenge can still be asked how it ended, in milliseconds. */
const KEPT_FOR = 3_600_000;
/** Abandoned challenges that one run records at most; the next one goes on. */
const MOST_ABANDONED = 5_000;

/** Deletes dead challenges, and records those that nobody answered (ASVS 16.3.1). */
@Injectable()
export class ChallengePurge {
  constructor(
    @InjectRepository(Challenge) private readonly rows: Repository<Challenge>,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  @Interval(600_000)
  async purge(): Promise<void> {
    const dead = { expiresAt: LessThan(this.clock.ago(KEPT_FOR)) };
    const unanswered = { ...dead, consumedAt: IsNull(), attempts: LessThan(MAX_ATTEMPTS) };
    for (const challenge of await this.rows.find({ where: unanswered, take: MOST_ABANDONED })) {
      // One by one: of several instances, the one that deletes it records it.
      const { affected } = await this.rows.delete({ id: challenge.id, consumedAt: IsNull() });
      if (affected === 1) this.recordAbandoned(challenge);
    }
    await deleteInBatches(this.rows, 'id', { ...dead, consumedAt: Not(IsNull()) });
    await deleteInBatches(this.rows, 'id', { ...dead, attempts: MoreThanOrEqual(MAX_ATTEMPTS) });
  }

  private recordAbandoned({ purpose, userId, sessionId, factorId, createdAt }: Challenge): void {
    this.audit.record(
      {
        type: 'challenge.abandoned',
        ...(userId !== null && { userId }),
        ...(sessionId !== null && { sessionId }),
        ...(factorId !== null && { factorId }),
        detail: { purpose, issuedAt: createdAt.toISOString() },
      },
      NO_REQUEST,
    );
  }
}
