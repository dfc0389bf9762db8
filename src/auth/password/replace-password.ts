import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../../audit/audit-event.js';
import { Audit } from '../../audit/audit.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { UserStore } from '../../users/user-store.js';
import { NextSteps } from '../next-steps.js';
import { PasswordResets } from './password-resets.js';

/** Puts a new password in the place of the old one, and ends what the old one has opened (ASVS 7.4.3). */
@Injectable()
export class ReplacePassword {
  constructor(
    private readonly users: UserStore,
    private readonly resets: PasswordResets,
    private readonly steps: NextSteps,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
  ) {}

  /**
   * @param event what is recorded of it; a session that it names is kept
   * @param reason why the other sessions ended
   */
  async replace(
    passwordHash: string,
    event: AuditEntry & { readonly userId: string },
    reason: string,
    origin: RequestOrigin,
  ): Promise<void> {
    // Before as well as after: should the database be lost in between, nobody would ever end what the old one opened.
    await this.endAll(event, reason, origin);
    await this.users.setPassword(event.userId, passwordHash);
    this.audit.record(event, origin);
    await this.endAll(event, reason, origin);
  }

  private async endAll({ userId, sessionId }: AuditEntry & { userId: string }, reason: string, origin: RequestOrigin) {
    await this.resets.withdraw(userId);
    await this.sessions.endAll(userId, reason, origin, sessionId);
    // Then: a session that has ended trusts no device any more.
    await this.steps.next?.passwordChanged(userId, origin);
  }
}
