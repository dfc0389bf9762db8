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
/** Users may live elsewhere: their ids, and the names of factor types, are not ours. */
const NAME = /^[\w.:@-]{1,128}$/;
const SESSION_ID = /^[0-9a-f]{32}$/;
const TOKEN_ID = /^(\d{1,9})\.[0-9a-f]{32}$/;

/** The principal that the claims describe, or null unless every one is present, of its type, and true now. */
export function readClaims(
  payload: unknown,
  { issuer, audience, longestLifetime, now }: Expectations,
): Principal | null {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return null;
  const claims = payload as AccessTokenClaims;
  const seconds = now.getTime() / 1_000;

  if (claims.iss !== issuer || claims.aud !== audience || claims.client_id !== audience) return null;
  if (!matches(NAME, claims.sub) || !matches(SESSION_ID, claims.sid)) return null;
  const [, epoch] = (typeof claims.jti === 'string' && TOKEN_ID.exec(claims.jti)) || [];
  if (epoch === undefined) return null;

  const isPast = (time: unknown): time is number => isTime(time) && time <= seconds + CLOCK_SKEW;
  if (!isPast(claims.iat) || !isPast(claims.auth_time) || !isTime(claims.exp) || seconds >= claims.exp) return null;
  if (claims.exp <= claims.iat || claims.exp - claims.iat > longestLifetime / 1_000) return null;
  if ('nbf' in claims && !isPast(claims.nbf)) return null;

  if (!isAssuranceLevel(claims.acr) || !isWords(claims.amr)) return null;
  const { mfa } = claims;
  if (mfa !== undefined && !(typeof mfa === 'object' && mfa !== null && isPast(mfa.at) && matches(NAME, mfa.factor)))
    return null;
  // The three say one thing: there was a second factor, or there was none.
  const isMfa = mfa !== undefined;
  if ((claims.acr !== 'aal1') !== isMfa || claims.amr.includes('mfa') !== isMfa) return null;

  // Frozen, as requests with the same token share it.
  return Object.freeze({
    userId: claims.sub,
    sessionId: claims.sid,
    epoch: Number(epoch),
    issuedAt: new Date(claims.iat * 1_000),
    expiresAt: new Date(claims.exp * 1_000),
    acr: claims.acr,
    amr: Object.freeze(claims.amr),
    authTime: new Date(claims.auth_time * 1_000),
    ...(mfa && { mfa: { at: new Date(mfa.at * 1_000), factor: mfa.factor } }),
    claims: Object.freeze(claims),
  });
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isWords(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every((word) => typeof word === 'string' && /^\w{1,32}$/.test(word))
  );
}
