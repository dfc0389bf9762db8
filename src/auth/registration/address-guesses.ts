import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { retryAfter } from '../../kernel/problem.js';
import { ACCOUNT_BACKOFF } from '../../limits/backoff.js';
import { GuessBudget, type Guessed } from '../../limits/guess-budget.js';
import { AuthProblem } from '../auth-problems.js';

/**
 * Counts answers to registration codes against the address that is to be proved, taken or not, over all challenges:
 * each takes five, and anybody may open another.
 */
@Injectable()
export class AddressGuesses {
  constructor(
    private readonly budget: GuessBudget,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts an answer as a wrong one before it is judged. To judge a code takes no time: of many at the same moment the
   * right one would be through before the wrong ones are counted.
   * @throws Problem `too_many_attempts`, right or wrong, while the address has to wait
   */
  async spend(email: string): Promise<void> {
    const until = await this.budget.settle(false, [guessed(email)]);
    if (until) throw AuthProblem.tooManyAttempts(retryAfter(until, this.clock.now()));
  }

  /** After an answer that was let through and right. */
  async forgive(email: string): Promise<void> {
    await this.budget.forgive(guessed(email));
  }
}

function guessed(email: string): Guessed {
  return { kind: 'registration', subject: email, backoff: ACCOUNT_BACKOFF };
}
