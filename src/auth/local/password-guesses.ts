import { Inject, Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { retryAfter } from '../../kernel/problem.js';
import { ACCOUNT_BACKOFF, SOURCE_BACKOFF, SOURCE_WINDOW } from '../../limits/backoff.js';
import { GuessBudget, type Guessed } from '../../limits/guess-budget.js';
import { LIMITS_OPTIONS, type LimitsOptions } from '../../limits/limits.options.js';
import { sourceOf } from '../../limits/source.js';
import { AuthProblem } from '../auth-problems.js';

/**
 * Counts wrong passwords: against the account, whether it exists or not, and against the address they come from. Those
 * from a device that the account's owner trusts count against the device alone, so that no stranger can keep him out there.
 */
@Injectable()
export class PasswordGuesses {
  constructor(
    private readonly budget: GuessBudget,
    private readonly clock: Clock,
    @Inject(LIMITS_OPTIONS) private readonly options: LimitsOptions,
  ) {}

  /**
   * To be asked with every judged password, before the judgement is told.
   * @param account the address that was tried
   * @param device the id of the device, when it is one that the account's owner trusts
   * @throws Problem `too_many_attempts`, right or wrong, while the account or the source has to wait
   */
  async settle(account: string, right: boolean, origin: RequestOrigin, device?: string): Promise<void> {
    const until = await this.budget.settle(right, this.guessed(account, origin, device));
    if (until) throw AuthProblem.tooManyAttempts(retryAfter(until, this.clock.now()));
  }

  private guessed(account: string, { ip }: RequestOrigin, device?: string): readonly [Guessed, ...Guessed[]] {
    if (device !== undefined) return [{ kind: 'device', subject: device, backoff: ACCOUNT_BACKOFF }];
    const guessed: [Guessed, ...Guessed[]] = [{ kind: 'account', subject: account, backoff: ACCOUNT_BACKOFF }];
    if (this.options.perSource) {
      // Each hour is counted anew: right answers clear nothing here, or a spy with one account of his own would.
      const hour = Math.floor(this.clock.now().getTime() / SOURCE_WINDOW);
      const subject = `${sourceOf(ip)} ${hour}`;
      guessed.push({ kind: 'source', subject, backoff: SOURCE_BACKOFF });
    }
    return guessed;
  }
}
