import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import type { Principal } from '../../tokens/principal.js';
import { insufficient } from '../insufficient.js';
import { parseRequirement, shortfall } from '../requirement.js';
import { UsableFactors } from './usable-factors.js';

const FRESH_FACTOR = parseRequirement({ maxAge: '5m' });

/**
 * Who may change factors (ASVS 6.4.3, 7.5.1; NIST SP 800-63B-4 4.1.2): with a factor enrolled, a second factor at most
 * 5 minutes old; with none, a login at most 5 minutes old. So a pending login can enrol, change and remove nothing.
 */
@Injectable()
export class Freshness {
  constructor(
    private readonly factors: UsableFactors,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns whether the user has an active factor
   * @throws Problem `insufficient_user_authentication`
   */
  async require(principal: Principal): Promise<boolean> {
    const now = this.clock.now();
    const enrolled = (await this.factors.of(principal.userId)).length > 0;
    if (enrolled) {
      const missing = shortfall(principal, FRESH_FACTOR, now);
      if (missing) throw insufficient(FRESH_FACTOR, missing, true);
    } else if (now.getTime() - principal.authTime.getTime() > FRESH_FACTOR.maxAge!) {
      throw insufficient(FRESH_FACTOR, { level: false, age: true }, false);
    }
    return enrolled;
  }
}
