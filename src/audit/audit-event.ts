export type AuditOutcome = 'success' | 'failure';

/** Every security event there is, and how each came out. */
export const AUDIT_EVENTS = {
  'registration.requested': 'success',
  'email.verified': 'success',
  'email.verification.failed': 'failure',
  'login.succeeded': 'success',
  'login.failed': 'failure',
  'challenge.issued': 'success',
  'challenge.sent': 'success',
  'challenge.undelivered': 'failure',
  /** Expired unanswered; recorded by the purge. */
  'challenge.abandoned': 'failure',
  'mfa.verified': 'success',
  'mfa.failed': 'failure',
  /** A valid token that proves too little for the route. */
  'mfa.insufficient': 'failure',
  'factor.enrolled': 'success',
  'factor.activated': 'success',
  'factor.activation.failed': 'failure',
  'factor.changed': 'success',
  'factor.removed': 'success',
  /** After too many wrong answers. */
  'factor.disabled': 'failure',
  'recovery_codes.created': 'success',
  'recovery_code.used': 'success',
  /** Few are left. */
  'recovery_codes.low': 'success',
  /** A device needs no second factor from now on, or does again; also several at once. */
  'trusted_device.remembered': 'success',
  'trusted_device.revoked': 'success',
  'session.ended': 'success',
  'refresh.reused': 'failure',
  'password.changed': 'success',
  'password.change.failed': 'failure',
  'password.reset.requested': 'success',
  'password.reset': 'success',
  'password.reset.failed': 'failure',
  'user.disabled': 'success',
  'user.enabled': 'success',
  'user.deleted': 'success',
  'user.mfa_reset': 'success',
} as const satisfies Record<string, AuditOutcome>;

export type AuditEventType = keyof typeof AUDIT_EVENTS;

/** What the place where something happens knows of it. Never an address, a code or a token. */
export interface AuditEntry {
  readonly type: AuditEventType;
  /** Whom it concerns; absent when nobody can tell. */
  readonly userId?: string;
  readonly sessionId?: string;
  readonly factorType?: string;
  readonly factorId?: string;
  /** A few plain values, at most 512 characters as JSON. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** A security event: who, what, when, from where, and how it came out (ASVS 16.2.1). */
export interface AuditEvent extends AuditEntry {
  /** Grows with time. */
  readonly id: string;
  readonly at: Date;
  readonly outcome: AuditOutcome;
  readonly ip: string;
  /** The User-Agent. */
  readonly device: string;
  readonly requestId: string;
}
