import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.service.js';
import type { Provided } from '../database/provided.js';
import type { RequestOrigin } from '../http/request-origin.js';
import { Clock } from '../kernel/clock.js';
import { Secrets } from '../kernel/secrets.js';
import { UserStore } from '../users/user-store.js';
import { type Grant, Grants } from './grants.js';
import { digest, isAncestor, readRefreshToken, type RefreshToken, successor } from './refresh-token.js';
import { SessionProblem } from './session-problems.js';
import { SessionRepository, type SessionState } from './session.repository.js';
import { Sessions } from './sessions.service.js';

/**
 * How long a used refresh token still yields its successor, in milliseconds: for a lost answer, or two tabs. FAPI 2.0
 * (5.3.2.1) wants such a retry to work; ASVS 10.4.5 wants reuse to end the session. So: a short time, then the end.
 */
export const RETRY_WINDOW = 10_000;

/** Refresh token rotation (RFC 9700, 4.14.2). */
@Injectable()
export class Refresh {
  constructor(
    private readonly rows: SessionRepository,
    private readonly sessions: Sessions,
    private readonly grants: Grants,
    private readonly users: UserStore,
    private readonly audit: Audit,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /**
   * Exchanges a refresh token for its successor and a new access token of the same assurance.
   * @throws Problem `invalid_token`; when the token was used before, and not just now, the session is over
   */
  async refresh(text: string, origin: RequestOrigin): Promise<Grant> {
    const token = readRefreshToken(text, this.secrets);
    if (!token) throw SessionProblem.refreshRefused();
    for (;;) {
      const row = await this.rows.find(token.sessionId);
      if (!row || !this.isAlive(row)) throw SessionProblem.refreshRefused();
      if (digest(token) !== row.refreshHash) return this.retry(row, token, origin);
      const enabled = this.users.whileEnabled(row.userId);
      if (!enabled) await this.requireUser(row, origin);
      const grant = await this.rotate(row, token, enabled);
      if (grant) return grant;
      await this.requireUser(row, origin);
      // The row has moved on since it was read (a factor was withdrawn, another request rotated): judge it anew.
    }
  }

  /** Whoever was disabled or deleted meanwhile, also by other means than ours, gets nothing more. */
  private async requireUser({ id, userId }: SessionState, origin: RequestOrigin): Promise<void> {
    const user = await this.users.findById(userId);
    if (user && !user.disabled) return;
    await this.sessions.end(id, userId, 'user_disabled', origin);
    throw SessionProblem.refreshRefused();
  }

  private async rotate(row: SessionState, token: RefreshToken, enabled: Provided | null): Promise<Grant | null> {
    const next = successor(token, this.secrets);
    const changes = { refreshHash: digest(next), refreshGeneration: next.generation, lastUsedAt: this.clock.now() };
    // First: what cannot be granted, as the clock was moved back, must not use the token up.
    const grant = this.grants.of({ ...row, ...changes }, next);
    const rotated = await this.rows.rotate(row.id, { hash: row.refreshHash, epoch: row.epoch }, changes, enabled);
    return rotated ? grant : null;
  }

  /** The token is not the newest: just used (same successor again), used long ago (theft), or of an earlier family. */
  private async retry(row: SessionState, token: RefreshToken, origin: RequestOrigin): Promise<Grant> {
    const next = successor(token, this.secrets);
    if (digest(next) === row.refreshHash && row.lastUsedAt >= this.clock.ago(RETRY_WINDOW)) {
      return this.grants.of(row, next);
    }
    if (
      isAncestor(token, row, this.secrets) &&
      (await this.sessions.end(row.id, row.userId, 'refresh_reuse', origin))
    ) {
      this.audit.record({ type: 'refresh.reused', userId: row.userId, sessionId: row.id }, origin);
    }
    throw SessionProblem.refreshRefused();
  }

  private isAlive(row: SessionState): boolean {
    return row.endedAt === null && this.grants.endOf(row) > this.clock.now();
  }
}
