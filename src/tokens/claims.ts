import { isAssuranceLevel } from './assurance.js';
import type { AccessTokenClaims, Principal } from './principal.js';

interface Expectations {
  readonly issuer: string;
  readonly audience: string;
  /** In milliseconds. */
  readonly longestLifetime: number;
  readonly now: Date;
}

/** How far the clocks of two instances may be apart, in seconds. */
const CLOCK_SKEW = 5;
const ID = /^[\w.:@-]{1,128}$/;
const TOKEN_ID = /^(\d{1,9})\.[0-9a-f]{32}$/;

/** The principal that the claims describe, or null unless every one is present, of its type, and true now. */
export function readClaims(
  payload: unknown,
  { issuer, audience, longestLifetime, now }: Expectations,
): Principal | null {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return null;
  const claims = payload as AccessTokenClaims;
  const seconds = now.getTime() / 1_000;

  if (claims.iss !== issuer || claims.aud !== audience || typeof claims.client_id !== 'string') return null;
  if (!isId(claims.sub) || !isId(claims.sid)) return null;
  const [, epoch] = (typeof claims.jti === 'string' && TOKEN_ID.exec(claims.jti)) || [];
  if (epoch === undefined) return null;

  if (!isTime(claims.iat) || !isTime(claims.exp) || !isTime(claims.auth_time)) return null;
  if (seconds >= claims.exp || claims.iat > seconds + CLOCK_SKEW) return null;
  if (claims.exp <= claims.iat || claims.exp - claims.iat > longestLifetime / 1_000) return null;
  if ('nbf' in claims && !(isTime(claims.nbf) && claims.nbf <= seconds + CLOCK_SKEW)) return null;

  if (!isAssuranceLevel(claims.acr) || !isWords(claims.amr)) return null;
  const { mfa } = claims;
  if (mfa !== undefined && !(typeof mfa === 'object' && mfa !== null && isTime(mfa.at) && isId(mfa.factor)))
    return null;

  return {
    userId: claims.sub,
    sessionId: claims.sid,
    epoch: Number(epoch),
    issuedAt: new Date(claims.iat * 1_000),
    expiresAt: new Date(claims.exp * 1_000),
    acr: claims.acr,
    amr: claims.amr,
    authTime: new Date(claims.auth_time * 1_000),
    ...(mfa && { mfa: { at: new Date(mfa.at * 1_000), factor: mfa.factor } }),
    claims,
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isWords(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((word) => typeof word === 'string' && /^\w{1,32}$/.test(word))
  );
}
