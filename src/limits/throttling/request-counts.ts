import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Clock, secondsUntil } from '../../kernel/clock.js';
import { SourceBudget } from '../source-budget.js';

type Increment = Parameters<ThrottlerStorage['increment']>;
type Counted = ReturnType<ThrottlerStorage['increment']>;

/** Counts requests in the database, where all instances do: two statements each, so only while Redis is down. */
@Injectable()
export class RequestCounts implements ThrottlerStorage {
  constructor(
    private readonly sources: SourceBudget,
    private readonly clock: Clock,
  ) {}

  /** Counts one request. Too many are blocked until their window ends. */
  async increment(...[key, ttl, limit]: Increment): Counted {
    const { used, resetAt } = await this.sources.count(key, ttl);
    const seconds = secondsUntil(resetAt, this.clock.now());
    const isBlocked = used > limit;
    return { totalHits: used, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
  }
}
