import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import { Sending } from '../../challenges/sending.js';
import { Courier } from '../../delivery/courier.js';
import { answersAreOut } from '../../http/batched-response.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { normalizeEmail } from '../../users/email-address.js';
import { UserStore } from '../../users/user-store.js';
import { UnawaitedWork } from '../unawaited-work.js';
import { PASSWORD_RESET, PasswordResets, RESET_TTL } from './password-resets.js';

const CHANNEL = 'email';

/** Mails a link to choose a new password; once a minute at the most for one address. */
@Injectable()
export class ForgotPassword {
  constructor(
    private readonly users: UserStore,
    private readonly resets: PasswordResets,
    private readonly sending: Sending,
    private readonly courier: Courier,
    private readonly audit: Audit,
    private readonly unawaited: UnawaitedWork,
  ) {}

  /**
   * Returns at once, whoever is asked for: neither the answer nor its time tells whether there is such an account, or
   * whether its owner has asked before. The work begins when the answer is out: SQLite's does not wait for anything, and
   * so would delay it.
   */
  request(address: string, origin: RequestOrigin): void {
    const sent = answersAreOut().then(() => this.send(address, origin));
    this.unawaited.add('A reset mail', sent, origin);
  }

  private async send(address: string, origin: RequestOrigin): Promise<void> {
    const email = normalizeEmail(address);
    if (email === null) return;
    if (await this.sending.take(PASSWORD_RESET, { channel: CHANNEL, to: email }, origin, { gap: true })) return;
    const user = await this.users.findByEmail(email);
    if (!user || user.disabled) return;
    const token = await this.resets.issue(user.id, origin);
    this.audit.record({ type: 'password.reset.requested', userId: user.id }, origin);
    const letter = { kind: 'password-reset-link', token, minutes: RESET_TTL / 60_000 } as const;
    await this.courier.deliver(CHANNEL, user.email, letter, origin.requestId);
  }
}
