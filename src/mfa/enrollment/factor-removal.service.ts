import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/index.js';
import { Audit } from '../../audit/audit.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import { MfaProblem } from '../mfa-problems.js';
import { MFA_OPTIONS, type MfaOptions } from '../mfa.options.js';
import { TrustedDevices } from '../trusted-devices/trusted-devices.service.js';
import { FactorRepository } from './factor.repository.js';
import { KeptFactors } from './kept-factors.service.js';
import { UsableFactors } from './usable-factors.js';

/** Removes factors, and with the last one all that hangs on having one. */
@Injectable()
export class FactorRemoval {
  constructor(
    private readonly kept: KeptFactors,
    private readonly rows: FactorRepository,
    private readonly types: FactorTypes,
    private readonly factors: UsableFactors,
    private readonly devices: TrustedDevices,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
    @Inject(MFA_OPTIONS) private readonly options: MfaOptions,
  ) {}

  /**
   * Removes a factor. Sessions that had the MFA claim by it lose it, and if it was the preferred one, the next best is.
   * @throws Problem `not_found`, `insufficient_user_authentication`, `conflict` when the policy demands one
   */
  async remove(caller: Caller, id: string): Promise<void> {
    const { userId, sessionId, origin } = caller;
    const { type: factorType, preferred } = await this.kept.require(caller, id);
    if (!(await this.take(id, userId))) throw await this.whyNot(id, userId);
    this.audit.record({ type: 'factor.removed', userId, sessionId, factorType, factorId: id }, origin);
    await this.sessions.withdrawFactor(userId, id, origin);
    if (!(await this.factors.isEnrolled(userId))) await this.forgetTheRest(userId, origin);
    else if (preferred) await this.preferNext(userId);
  }

  private take(id: string, userId: string): Promise<boolean> {
    return this.options.enforcement === 'everyone'
      ? this.rows.removeUnlessLast(id, userId, this.types.enrollable())
      : this.rows.remove(id, userId);
  }

  private async whyNot(id: string, userId: string) {
    if (!(await this.rows.findOne(id, userId))) return CommonProblem.notFound();
    return MfaProblem.conflict({ detail: 'Everyone must have a second factor here. Enrol another one first.' });
  }

  private async preferNext(userId: string): Promise<void> {
    const [next] = await this.factors.offered(userId);
    if (next && !this.types.isBackup(next.type)) await this.rows.prefer(next.id, userId);
  }

  /** Recovery codes and trusted devices stand in for a factor: without one they stand for nothing. */
  private async forgetTheRest(userId: string, origin: RequestOrigin): Promise<void> {
    for (const { id, type } of await this.rows.findAll(userId)) {
      if (this.types.isBackup(type) && (await this.rows.remove(id, userId)))
        await this.sessions.withdrawFactor(userId, id, origin);
    }
    await this.devices.forgetAll(userId, origin);
  }
}
