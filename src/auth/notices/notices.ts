import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { AuditEvent, AuditEventType } from '../../audit/audit-event.js';
import { Audit } from '../../audit/audit.service.js';
import { Courier } from '../../delivery/courier.js';
import type { NoticeKind } from '../../delivery/letters.js';
import { UserStore } from '../../users/user-store.js';
import { UnawaitedWork } from '../unawaited-work.js';

/** Which security events the user is told of. A new name or preference of a factor is none. */
const NOTICES: Partial<Record<AuditEventType, NoticeKind>> = {
  'factor.activated': 'factor-added',
  'factor.removed': 'factor-removed',
  'factor.disabled': 'factor-disabled',
  'user.mfa_reset': 'factor-removed',
  'mfa.failed': 'second-factor-failing',
  'recovery_code.used': 'recovery-code-used',
  'recovery_codes.low': 'recovery-codes-low',
  'refresh.reused': 'refresh-token-reused',
  'password.changed': 'password-changed',
  'password.reset': 'password-changed',
};

/**
 * Wrong answers in a row after which the user is told that somebody with his password fails at his second factor
 * (ASVS 6.3.5): the third, then every tenth. Counted over all challenges, so starting anew keeps nothing quiet.
 */
const FIRST_TOLD = 3;
const TOLD_AGAIN = 10;

/**
 * Mails to the address on file, for whoever must hear of what happened to an account (ASVS 6.3.7, NIST SP 800-63B-4
 * 4.6). Written because of audit events, so nothing can be recorded and the user not told. Never waited for.
 */
@Injectable()
export class Notices implements OnModuleInit {
  constructor(
    private readonly audit: Audit,
    private readonly users: UserStore,
    private readonly courier: Courier,
    private readonly unawaited: UnawaitedWork,
  ) {}

  onModuleInit(): void {
    this.audit.subscribe((event) => this.consider(event));
  }

  private consider(event: AuditEvent): void {
    const kind = NOTICES[event.type];
    if (kind === undefined || event.userId === undefined || !isWorthAMail(event)) return;
    this.unawaited.add(`A "${kind}" notice`, this.send(event.userId, kind, event), event);
  }

  private async send(userId: string, kind: NoticeKind, { at, ip, device, requestId }: AuditEvent): Promise<void> {
    const user = await this.users.findById(userId);
    if (user) await this.courier.deliver('email', user.email, { kind, at, ip, device }, requestId);
  }
}

function isWorthAMail({ type, detail }: AuditEvent): boolean {
  if (type !== 'mfa.failed') return true;
  const failures = Number(detail?.failures);
  return failures === FIRST_TOLD || failures % TOLD_AGAIN === 0;
}
