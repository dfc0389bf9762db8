interface TokenHeader {
  readonly alg: string;
  readonly kid: string;
}

const KNOWN = new Set(['alg', 'typ', 'kid']);
const TYPES = new Set(['at+jwt', 'application/at+jwt']);
/** Three base64url parts and nothing else: no spaces, no padding, no empty signature. */
const COMPACT = /^([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{1,8192})\.([A-Za-z0-9_-]{1,1024})$/;

/**
 * The header of an access token, or null unless the token is exactly of the form that we write: `typ` at+jwt (RFC 9068,
 * 4), no `crit` (RFC 7515, 4.1.11), no key of the sender's own (`jwk`, `jku`, `x5c`: RFC 8725, 3.10), and one spelling
 * of each part. The signature says nothing of its own spelling, and a JSON text with a member twice, or with bytes that
 * are not UTF-8, is read differently by different readers.
 */
export function readHeader(token: string): TokenHeader | null {
  const [, first, second, signature] = COMPACT.exec(token) ?? [];
  if (first === undefined) return null;
  const header = readCanonical(first);
  if (!header || !readCanonical(second) || !isCanonical(signature, Buffer.from(signature, 'base64url'))) return null;
  const { alg, typ, kid } = header;
  if (Object.keys(header).some((name) => !KNOWN.has(name))) return null;
  if (typeof alg !== 'string' || typeof kid !== 'string' || typeof typ !== 'string') return null;
  return TYPES.has(typ.toLowerCase()) ? { alg, kid } : null;
}

/** The JSON object that the part holds; null unless it is written as `JSON.stringify` writes it. */
function readCanonical(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && isCanonical(part, Buffer.from(JSON.stringify(value)))
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function isCanonical(part: string, bytes: Buffer): boolean {
  return bytes.toString('base64url') === part;
}
