import type { IncomingHttpHeaders } from 'node:http';

const SCHEME = 'bearer ';

/**
 * The bearer token of a request (RFC 6750, 2.1), from the `Authorization` header and nowhere else; null when there is
 * none. passport-jwt's own reader takes the second word of the header, whatever comes after it.
 */
export function bearerToken({ headers: { authorization } }: { headers: IncomingHttpHeaders }): string | null {
  if (authorization?.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return null;
  const token = authorization.slice(SCHEME.length).trimStart();
  return token === '' || token.includes('\n') ? null : token;
}
