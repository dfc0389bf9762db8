import { isIP } from 'node:net';
// All of it under one name, and not its `z`: so the bundle has only what is used, and not the messages of 50 languages.
import * as z from 'zod';
import { parseDuration } from '../kernel/clock.js';
import { SIGNING_ALGORITHMS } from '../tokens/tokens.options.js';
import { DEFAULT_DATABASE_URL } from '../database/options.js';
import { rootSecret } from './root-secret.js';

/** Long enough that no random secret in base64 has one: four letters are in one of 8,000. */
const SECRET_EXAMPLE = /change|example|secret|password|your-|placeholder|xxxxxxxx/i;
const LEAST_SECRET_BYTES = 32;
/** In milliseconds: what is added to a date has to be one. */
const TEN_YEARS = 3_650 * 86_400_000;

const duration = z
  .string()
  .transform((text, context) => {
    try {
      return parseDuration(text);
    } catch {
      context.addIssue('a duration such as 90s, 10m or 24h');
      return z.NEVER;
    }
  })
  .refine((milliseconds) => milliseconds <= TEN_YEARS, 'a duration of 3650d or less');
const lasting = duration.refine((milliseconds) => milliseconds >= 60_000, 'a duration of 1m or more');
const flag = z.enum(['true', 'false'], 'true or false').transform((value) => value === 'true');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);
const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, `one of ${values.join(', ')}`);
const PORT = 'a port number, 0 to 65535';

const variables = z.object({
  NODE_ENV: oneOf('development', 'test', 'production').default('development'),
  // Of that name Fastify makes two servers, and awaits the answers of one when it is told to stop.
  HOST: z
    .string()
    .default('127.0.0.1')
    .transform((host) => (host === 'localhost' ? '127.0.0.1' : host)),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, PORT)
    .transform(Number)
    .refine((port) => port <= 65_535, PORT)
    .default(3_000),
  DATABASE_URL: z
    .string()
    .regex(/^(mysql|mariadb):\/\/[^/]+\/[^/]+$|^sqlite:./, 'mysql://user:password@host/database, or sqlite:path')
    .default(DEFAULT_DATABASE_URL),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/./, 'redis://host:port')
    .optional(),
  STEPGATE_SECRET: z.string().optional(),
  PRODUCT_NAME: z
    .string()
    // A colon ends the issuer in the label of an authenticator app.
    .regex(/^[^\p{C}:]{1,40}$/u, '1 to 40 characters, without a colon')
    .default('Stepgate'),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'the URL under which clients reach this server' }).optional(),
  PASSWORD_RESET_URL: z
    .url({ protocol: /^https?$/, error: 'the URL of the page that takes a new password' })
    .optional(),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).default('stepgate'),
  JWT_ALGORITHM: oneOf(...SIGNING_ALGORITHMS).default('ES256'),
  ACCESS_TOKEN_TTL: duration
    .default(600_000)
    .refine((ttl) => ttl >= 60_000 && ttl <= 3_600_000, 'a duration from 1m to 60m'),
  SESSION_IDLE_TTL: lasting.default(3_600_000),
  SESSION_TTL: lasting.default(86_400_000),
  TRUSTED_DEVICE_TTL: duration
    .refine((ttl) => ttl >= 60_000 && ttl <= 30 * 86_400_000, 'a duration from 1m to 30d')
    .optional(),
  MFA_ENFORCEMENT: oneOf('routes', 'enrolled', 'everyone').default('routes'),
  AUDIT_RETENTION: duration.default(15_552_000_000),
  WEBAUTHN_RP_ID: z
    .string()
    .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'a domain name')
    .optional(),
  WEBAUTHN_ORIGINS: list
    .refine(
      (origins) => origins.every(isAuthenticatorOrigin),
      'origins such as https://app.example.com, separated by commas',
    )
    .default([]),
  DELIVERY: oneOf('outbox', 'live').optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/./, 'smtp://user:password@host:port')
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]+@[^\r\n]+$/, 'an address, or Name <address>')
    .default('Stepgate <no-reply@stepgate.invalid>'),
  SMS_COUNTRIES: list
    .refine((codes) => codes.every((code) => /^[A-Z]{2}$/.test(code)), 'ISO 3166 codes such as DE,AT,CH')
    .default([]),
  SOURCE_LIMITS: flag.optional(),
  TRUST_PROXY: list
    .refine((proxies) => proxies.every(isProxy), 'addresses or networks (10.0.0.0/8), or loopback; comma-separated')
    .default([]),
  CORS_ORIGINS: list
    .refine((origins) => origins.every(isOrigin), 'origins such as https://app.example.com; comma-separated')
    .default([]),
  DOCS_ENABLED: flag.optional(),
  ACCOUNT_PAGE_ENABLED: flag.optional(),
  METRICS_ENABLED: flag.default(false),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
});

export type Settings = ReturnType<typeof loadSettings>;

/** Settings that stop the start say so in one line each. */
export class SettingsError extends Error {}

/**
 * Reads the environment, once, at start.
 * @throws SettingsError with one line for each wrong variable: its name and what it takes
 */
export function loadSettings(environment: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: takes ${message}`);
    throw new SettingsError([...new Set(lines)].join('\n'));
  }
  const env = parsed.data;
  const production = env.NODE_ENV === 'production';
  const delivery = env.DELIVERY ?? (production ? 'live' : 'outbox');
  const wrong: string[] = [];
  if (production) {
    if (env.STEPGATE_SECRET === undefined) wrong.push('STEPGATE_SECRET: is required in production');
    if (delivery === 'outbox') wrong.push('DELIVERY: takes live in production; the outbox would show every code');
  }
  if (env.STEPGATE_SECRET !== undefined && isWeak(env.STEPGATE_SECRET)) {
    wrong.push(
      `STEPGATE_SECRET: takes ${LEAST_SECRET_BYTES} random bytes or more; make one with: openssl rand -base64 32`,
    );
  }
  if (delivery === 'live' && env.SMTP_URL === undefined)
    wrong.push('SMTP_URL: takes smtp://user:password@host:port when DELIVERY is live');
  if (wrong.length > 0) throw new SettingsError(wrong.join('\n'));

  const publicUrl = (env.PUBLIC_URL ?? `http://localhost:${env.PORT}`).replace(/\/$/, '');
  const { origin, hostname } = new URL(publicUrl);
  const accountPageEnabled = env.ACCOUNT_PAGE_ENABLED ?? !production;
  return {
    production,
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    rootSecret: rootSecret(env.STEPGATE_SECRET),
    publicUrl,
    productName: env.PRODUCT_NAME,
    passwordResetUrl: env.PASSWORD_RESET_URL ?? `${publicUrl}/account`,
    hasPasswordResetPage: env.PASSWORD_RESET_URL !== undefined || accountPageEnabled,
    issuer: env.JWT_ISSUER ?? publicUrl,
    audience: env.JWT_AUDIENCE,
    algorithm: env.JWT_ALGORITHM,
    accessTokenTtl: env.ACCESS_TOKEN_TTL,
    sessionIdleTtl: env.SESSION_IDLE_TTL,
    sessionTtl: env.SESSION_TTL,
    mfaEnforcement: env.MFA_ENFORCEMENT,
    auditRetention: env.AUDIT_RETENTION,
    trustedDeviceTtl: env.TRUSTED_DEVICE_TTL,
    webauthn: { rpId: env.WEBAUTHN_RP_ID ?? hostname, origins: [origin, ...env.WEBAUTHN_ORIGINS] },
    delivery,
    smtpUrl: env.SMTP_URL,
    mailFrom: env.MAIL_FROM,
    smsCountries: env.SMS_COUNTRIES,
    sourceLimits: env.SOURCE_LIMITS ?? production,
    trustProxy: env.TRUST_PROXY,
    corsOrigins: env.CORS_ORIGINS,
    docsEnabled: env.DOCS_ENABLED ?? !production,
    accountPageEnabled,
    metricsEnabled: env.METRICS_ENABLED,
    logLevel: env.LOG_LEVEL,
  };
}

function isProxy(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const longest = isIP(address) === 6 ? 128 : 32;
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  return isIP(address) !== 0 && rest.length === 0 && (bits === undefined || (/^\d+$/.test(bits) && +bits <= longest));
}

/** A web origin, or the way Android names a native app. */
function isAuthenticatorOrigin(text: string): boolean {
  return /^android:apk-key-hash:[\w-]{43}$/.test(text) || isOrigin(text);
}

/** Exactly as a browser writes one. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Short, one of the examples of the world, or too uniform to be random. */
function isWeak(secret: string): boolean {
  return Buffer.byteLength(secret) < LEAST_SECRET_BYTES || SECRET_EXAMPLE.test(secret) || new Set(secret).size < 12;
}
