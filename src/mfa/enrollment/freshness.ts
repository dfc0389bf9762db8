import { Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/index.js';
import { Audit } from '../../audit/audit.service.js';
import { Clock } from '../../kernel/clock.js';
import { insufficient, refusalOf } from '../insufficient.js';
import { parseRequirement, type Requirement, type Shortfall, shortfall } from '../requirement.js';
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
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * @param types the factor types that will do; all unless given
   * @returns whether the user has a factor
   * @throws Problem `insufficient_user_authentication`
   */
  async require(caller: Caller, types: readonly string[] | null = null): Promise<boolean> {
    const enrolled = await this.requireFactor(caller, types);
    const { maxAge } = FRESH_FACTOR;
    if (!enrolled && this.clock.now().getTime() - caller.authTime.getTime() > maxAge!)
      this.refuse(caller, FRESH_FACTOR, { level: false, age: true }, false);
    return enrolled;
  }

  /**
   * As {@link require}, but asks nothing of a user without a factor.
   * @throws Problem `insufficient_user_authentication`
   */
  async requireFactor(caller: Caller, types: readonly string[] | null = null): Promise<boolean> {
    const enrolled = await this.factors.isEnrolled(caller.userId);
    const required = { ...FRESH_FACTOR, factors: types };
    const missing = enrolled && shortfall(caller, required, this.clock.now());
    if (missing) this.refuse(caller, required, missing, true);
    return enrolled;
  }

  private refuse(caller: Caller, required: Requirement, missing: Shortfall, enrolled: boolean): never {
    this.audit.record(refusalOf(caller, required), caller.origin);
    throw insufficient(required, missing, enrolled);
  }
}
