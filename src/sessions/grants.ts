import { Inject, Injectable } from '@nestjs/common';
import { Clock, secondsUntil } from '../kernel/clock.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import type { AssuranceLevel } from '../tokens/assurance.js';
import type { Principal } from '../tokens/principal.js';
import { type RefreshToken, writeRefreshToken } from './refresh-token.js';
import type { SessionRow } from './session.entity.js';
import { SESSIONS_OPTIONS, type SessionsOptions } from './sessions.options.js';

/** The pair of tokens that a client holds, and whom it makes him. */
export interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Lifetimes, in seconds. */
  readonly expiresIn: number;
  readonly refreshExpiresIn: number;
  readonly principal: Principal;
}

/** What of a session its tokens tell. */
type Granted = Pick<
  SessionRow,
  'id' | 'userId' | 'epoch' | 'acr' | 'amr' | 'authTime' | 'mfaAt' | 'mfaFactor' | 'lastUsedAt' | 'expiresAt'
>;

/** From a session's row to the tokens that its client holds. */
@Injectable()
export class Grants {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly clock: Clock,
    @Inject(SESSIONS_OPTIONS) private readonly options: SessionsOptions,
  ) {}

  /** What a client gets for the session as the row has it. */
  of(row: Granted, refresh: RefreshToken): Grant {
    const now = this.clock.now();
    const sessionEnd = this.endOf(row);
    const { token, principal } = this.tokens.issue({
      userId: row.userId,
      sessionId: row.id,
      epoch: row.epoch,
      sessionEnd,
      acr: row.acr as AssuranceLevel,
      amr: row.amr.split(' '),
      authTime: row.authTime,
      ...(row.mfaAt && row.mfaFactor !== null && { mfa: { at: row.mfaAt, factor: row.mfaFactor } }),
    });
    return {
      accessToken: token,
      expiresIn: secondsUntil(principal.expiresAt, now),
      refreshToken: writeRefreshToken(refresh),
      refreshExpiresIn: secondsUntil(sessionEnd, now),
      principal,
    };
  }

  /** When the session is over unless it is refreshed before. */
  endOf({ lastUsedAt, expiresAt }: Pick<SessionRow, 'lastUsedAt' | 'expiresAt'>): Date {
    const idleEnd = new Date(lastUsedAt.getTime() + this.options.idleTtl);
    return idleEnd < expiresAt ? idleEnd : expiresAt;
  }
}
