interface TokenHeader {
  readonly alg: string;
  readonly kid: string;
}

const KNOWN = new Set(['alg', 'typ', 'kid']);
/** Three base64url parts and nothing else: no spaces, no padding, no empty signature. */
const COMPACT = /^[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{1,1024}$/;

/**
 * The header of an access token, or null unless it is exactly of the form that we write: `typ` at+jwt (RFC 9068, 4),
 * no `crit` (RFC 7515, 4.1.11), no key of the sender's own (`jwk`, `jku`, `x5c`: RFC 8725, 3.10).
 */
export function readHeader(token: string): TokenHeader | null {
  if (!COMPACT.test(token)) return null;
  const header = parseJson(token.slice(0, token.indexOf('.')));
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return null;
  const { alg, typ, kid } = header as Record<string, unknown>;
  if (Object.keys(header).some((name) => !KNOWN.has(name))) return null;
  if (typeof alg !== 'string' || typeof kid !== 'string' || typeof typ !== 'string') return null;
  if (!['at+jwt', 'application/at+jwt'].includes(typ.toLowerCase())) return null;
  return { alg, kid };
}

function parseJson(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
