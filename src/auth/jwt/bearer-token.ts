import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^bearer +(.+)$/i;

/**
 * The bearer token of a request (RFC 6750, 2.1), from the `Authorization` header and nowhere else; null when there is
 * none. passport-jwt's own reader takes the second word of the header, whatever comes after it.
 */
export function bearerToken({ headers: { authorization } }: { headers: IncomingHttpHeaders }): string | null {
  return BEARER.exec(authorization ?? '')?.[1] ?? null;
}
