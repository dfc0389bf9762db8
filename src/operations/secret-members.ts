/** Whatever could carry a secret, by the name of the member that holds it. */
const SECRET_MEMBERS = new Set([
  'accessToken',
  'authorization',
  'code',
  'cookie',
  'credential',
  'deviceToken',
  'newPassword',
  'currentPassword',
  'password',
  'passwordHash',
  'refreshToken',
  'sealed',
  'secret',
  'token',
]);

/** What lies deeper is not searched, and not logged. */
const DEEPEST = 4;

/**
 * What may be logged of an object: all but the members above, wherever they are (ASVS 16.2.5). pino's own redaction
 * copies what it is given and walks it once for each path, which took two thirds of the time of a line.
 */
export function withoutSecrets(logged: object): Record<string, unknown> {
  return withoutSecretsTo(DEEPEST, logged);
}

function withoutSecretsTo(depth: number, logged: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(logged)) {
    if (!SECRET_MEMBERS.has(name)) kept[name] = valueTo(depth - 1, value);
  }
  return kept;
}

function valueTo(depth: number, value: unknown): unknown {
  // Errors have a serializer, and a Date knows how it is written.
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value;
  if (depth === 0) return '…';
  return Array.isArray(value) ? value.map((each) => valueTo(depth - 1, each)) : withoutSecretsTo(depth, value);
}
