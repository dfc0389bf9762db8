import { Injectable } from '@nestjs/common';
import type { AuditEventType } from '../audit/audit-event.js';
import { Audit } from '../audit/audit.service.js';
import type { RequestOrigin } from '../http/request-origin.js';
import { Sessions } from '../sessions/sessions.service.js';
import { UserStore } from '../users/user-store.js';
import { TrustedDevices } from './trusted-devices/trusted-devices.service.js';
import { RemovedFactors } from './enrollment/removed-factors.js';

/**
 * What an administrator does to an account, for the team's own admin routes. Each ends all sessions of the user, on
 * every instance within a second (ASVS 7.4.2), trusts his devices no more, and is recorded: with the origin of the
 * administrator's request (`@Origin()`), or with `NO_REQUEST`.
 */
@Injectable()
export class Accounts {
  constructor(
    private readonly users: UserStore,
    private readonly factors: RemovedFactors,
    private readonly devices: TrustedDevices,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
  ) {}

  /** The user cannot sign in, refresh or reset his password until he is enabled. */
  async disable(userId: string, origin: RequestOrigin): Promise<void> {
    await this.users.setDisabled(userId, true);
    await this.end(userId, 'user.disabled', 'user_disabled', origin);
  }

  /** He has to sign in again. */
  async enable(userId: string, origin: RequestOrigin): Promise<void> {
    await this.users.setDisabled(userId, false);
    await this.end(userId, 'user.enabled', 'user_enabled', origin);
  }

  /** The user, and his factors, are gone. What was recorded of him stays until the purge. */
  async delete(userId: string, origin: RequestOrigin): Promise<void> {
    await this.users.delete(userId);
    await this.removeFactors(userId, 'user.deleted', 'user_deleted', origin);
  }

  /** Removes all factors, and what stands in for them: for somebody who lost them, after his identity was proved again (ASVS 6.4.4). */
  async resetMfa(userId: string, origin: RequestOrigin): Promise<void> {
    await this.removeFactors(userId, 'user.mfa_reset', 'mfa_reset', origin);
  }

  /** Their rows go last: should it be interrupted, the purge takes away at least what rests on them. */
  private async removeFactors(
    userId: string,
    type: AuditEventType,
    reason: string,
    origin: RequestOrigin,
  ): Promise<void> {
    await this.factors.beginAll(userId);
    await this.end(userId, type, reason, origin);
    await this.factors.finishAll(userId);
  }

  private async end(userId: string, type: AuditEventType, reason: string, origin: RequestOrigin): Promise<void> {
    await this.sessions.endAll(userId, reason, origin);
    // Then: a session that has ended trusts no device any more.
    await this.devices.forgetAll(userId, origin);
    this.audit.record({ type, userId }, origin);
  }
}
