import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock, numericDate } from '../kernel/clock.js';
import { randomId } from '../kernel/secrets.js';
import type { Assurance } from './assurance.js';
import { readClaims } from './claims.js';
import { readHeader } from './header.js';
import type { AccessTokenClaims, Principal } from './principal.js';
import { SigningKeys } from './signing-keys/signing-keys.js';
import { TokenProblem } from '../http/token-problems.js';
import { TOKENS_OPTIONS, type TokensOptions } from './tokens.options.js';

/** Whom and what a token is made for. */
export interface TokenSubject extends Assurance {
  readonly userId: string;
  readonly sessionId: string;
  readonly epoch: number;
  /** When the session is over; no token of it outlives it. */
  readonly sessionEnd: Date;
}

export interface IssuedToken {
  readonly token: string;
  readonly principal: Principal;
}

/** Makes and checks access tokens (RFC 9068). */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
    @Inject(TOKENS_OPTIONS) private readonly options: TokensOptions,
  ) {}

  /** @throws Problem `invalid_token` when the session is over within the second */
  issue(subject: TokenSubject): IssuedToken {
    const { userId, sessionId, epoch, sessionEnd, acr, amr, authTime, mfa } = subject;
    const key = this.keys.current();
    const issuedAt = numericDate(this.clock.now());
    const claims: AccessTokenClaims = {
      iss: this.options.issuer,
      aud: this.options.audience,
      sub: userId,
      client_id: this.options.audience,
      iat: issuedAt,
      exp: Math.min(issuedAt + Math.floor(this.options.accessTokenTtl / 1_000), numericDate(sessionEnd)),
      jti: `${epoch}.${randomId()}`,
      sid: sessionId,
      auth_time: numericDate(authTime),
      acr,
      amr,
      ...(mfa && { mfa: { at: numericDate(mfa.at), factor: mfa.factor } }),
    };
    // Not signAsync: it signs on this thread too, only by way of streams.
    const token = this.jwt.sign(claims, {
      algorithm: key.algorithm,
      header: { alg: key.algorithm, typ: 'at+jwt', kid: key.id },
      // The last, as JwtService deletes it: V8 keeps an object fast that loses what it got last.
      privateKey: key.signing,
    });
    return { token, principal: this.read(claims) };
  }

  /**
   * First half of a verification, before the signature is checked: the header must be one that we write.
   * @returns the key that the signature must be of
   * @throws Problem `invalid_token`
   */
  async keyOf(token: string): Promise<KeyObject> {
    const header = readHeader(token);
    const key = header && (await this.keys.find(header.kid));
    if (!key || key.algorithm !== header.alg) throw TokenProblem.invalidToken();
    return key.verifying;
  }

  /**
   * Second half, after the signature was found right: every claim must be present, of its type, and true now.
   * jsonwebtoken would accept a token without `exp`, or with one in the year 3000.
   * @throws Problem `invalid_token`
   */
  read(payload: unknown): Principal {
    const principal = readClaims(payload, {
      issuer: this.options.issuer,
      audience: this.options.audience,
      longestLifetime: this.options.accessTokenTtl,
      now: this.clock.now(),
    });
    if (!principal) throw TokenProblem.invalidToken();
    return principal;
  }
}
