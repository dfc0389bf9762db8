import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import { ChallengeProblem } from '../../challenges/challenge-problems.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { type Problem, retryAfter } from '../../kernel/problem.js';
import { blockedUntil, FACTOR_BACKOFF, FACTOR_FAILURES_TO_DISABLE } from '../../limits/backoff.js';
import type { Factor } from '../enrollment/factor.entity.js';
import { FactorRepository } from '../enrollment/factor.repository.js';
import { MfaProblem } from '../mfa-problems.js';

/**
 * Wrong answers in a row, counted for each factor over all challenges, logins, sessions and addresses; only a right
 * answer ends the row (NIST SP 800-63B-4 3.2.2). The user's other factors, and his password, stay as they are.
 */
@Injectable()
export class FactorGuesses {
  constructor(
    private readonly rows: FactorRepository,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem `too_many_attempts` while the factor takes no answer */
  requireFree(factor: Factor): void {
    const until = this.blocked(factor);
    if (until) throw this.tooMany(until);
  }

  /**
   * Counts a wrong answer; each of many at the same moment counts one of its own, or finds the factor blocked. From the
   * fifth on there is a wait; the hundredth disables the factor.
   * @returns how many it makes in a row
   * @throws Problem `too_many_attempts` when it was blocked, `challenge_expired` when it was disabled or removed
   */
  async count(read: Factor, origin: RequestOrigin): Promise<number> {
    const { id, userId, type: factorType } = read;
    for (let factor: Factor | null = read; ; factor = await this.rows.findOne(id, userId)) {
      if (factor?.status !== 'active') throw ChallengeProblem.closed();
      this.requireFree(factor);
      const failures = factor.failures + 1;
      const next = {
        failures,
        blockedUntil: blockedUntil(failures, FACTOR_BACKOFF, this.clock.now()),
        status: failures >= FACTOR_FAILURES_TO_DISABLE ? ('disabled' as const) : factor.status,
      };
      if (!(await this.rows.countFailure(factor, next))) continue;
      if (next.status === 'disabled')
        this.audit.record({ type: 'factor.disabled', userId, factorId: id, factorType }, origin);
      return failures;
    }
  }

  private blocked(factor: Factor): Date | null {
    return factor.blockedUntil && factor.blockedUntil > this.clock.now() ? factor.blockedUntil : null;
  }

  private tooMany(until: Date): Problem {
    return MfaProblem.tooManyAttempts(retryAfter(until, this.clock.now()));
  }
}
