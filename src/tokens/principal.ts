import type { Assurance } from './assurance.js';

/** Who is calling: what a verified access token says, read once. */
export interface Principal extends Assurance {
  readonly userId: string;
  readonly sessionId: string;
  /** Grows each time the session's assurance changes; tokens of an earlier epoch are dead. */
  readonly epoch: number;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The claims as they stand in the token. */
  readonly claims: AccessTokenClaims;
}

/** The payload of an access token (RFC 9068, 2.2). */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly sid: string;
  readonly auth_time: number;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly mfa?: { readonly at: number; readonly factor: string };
}
