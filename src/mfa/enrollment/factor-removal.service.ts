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
import { RemovedFactors } from './removed-factors.js';
import { UsableFactors } from './usable-factors.js';

/** By whom a removal is finished; without a session where nobody came back to it. */
type Finisher = Pick<Caller, 'userId' | 'origin'> & Partial<Pick<Caller, 'sessionId'>>;

/**
 * Removes factors, and with the last one all that hangs on having one. A factor is gone from the statement on that
 * begins it; what follows can be done any number of times, and is finished by a retry, by the next first factor, or by
 * the purge, whichever finds it interrupted.
 */
@Injectable()
export class FactorRemoval {
  constructor(
    private readonly kept: KeptFactors,
    private readonly rows: FactorRepository,
    private readonly removed: RemovedFactors,
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
    const begun = await this.removed.find(caller.userId);
    // Whoever comes back to it need not prove anew what he has just removed.
    if (!begun.some((factor) => factor.id === id)) await this.begin(caller, id);
    await this.finish(caller);
  }

  /** Finishes every removal of the user's that has begun. */
  async finish({ userId, sessionId, origin }: Finisher): Promise<void> {
    if ((await this.removed.find(userId)).length === 0) return;
    const enrolled = await this.factors.isEnrolled(userId);
    if (!enrolled) await this.forgetTheRest(userId, origin);
    const removed = await this.removed.find(userId);
    if (enrolled && removed.some(({ preferred }) => preferred)) await this.preferNext(userId);
    // What stood in for the factor first: as long as the factor's own row is there, a retry gets here.
    removed.sort((a, b) => Number(this.types.isBackup(b.type)) - Number(this.types.isBackup(a.type)));
    for (const factor of removed) {
      const { id: factorId, type: factorType } = factor;
      await this.sessions.withdrawFactor(userId, factorId, origin);
      if ((await this.removed.finish(factor)) && !this.types.isBackup(factorType))
        this.audit.record({ type: 'factor.removed', userId, sessionId, factorType, factorId }, origin);
    }
  }

  private async begin(caller: Caller, id: string): Promise<void> {
    const { userId } = caller;
    await this.kept.require(caller, id);
    const everyone = this.options.enforcement === 'everyone';
    const provided = everyone ? this.rows.unlessLast(id, userId, this.types.enrollable()) : null;
    if (!(await this.removed.begin(id, userId, provided))) throw await this.whyNot(id, userId);
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
    const standIns = this.types.backups();
    await this.removed.beginTypes(userId, standIns, this.rows.whileNoneBut(userId, standIns));
    await this.devices.forgetAll(userId, origin);
  }
}
