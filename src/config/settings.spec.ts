import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadSettings, SettingsError } from './settings.js';

const SECRET = 'q3Vd0hK7mZx1Jt9bWc5LrYp2NfGs8AeU4oTi6BnH';
const PRODUCTION = { NODE_ENV: 'production', STEPGATE_SECRET: SECRET, SMTP_URL: 'smtp://mail:25' };
const EXAMPLE = resolve(__dirname, '../../.env.example');

/** What stops the start. */
function complaint(environment: NodeJS.ProcessEnv): string {
  try {
    loadSettings({ STEPGATE_SECRET: SECRET, ...environment });
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  return 'none';
}

/** `.env.example` as `name: value`. @param all also the lines that are commented out */
function example({ all }: { all: boolean }): Record<string, string> {
  const lines = readFileSync(EXAMPLE, 'utf8').matchAll(/^(# ?)?([A-Z_]+)=(.*)$/gm);
  return Object.fromEntries([...lines].filter(([, off]) => all || !off).map(([, , name, value]) => [name, value]));
}

describe('the settings', () => {
  it('have a default for everything outside production', () => {
    expect(loadSettings({ STEPGATE_SECRET: SECRET })).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 3_000,
      databaseUrl: 'sqlite:data/stepgate.sqlite',
      redisUrl: undefined,
      publicUrl: 'http://localhost:3000',
      issuer: 'http://localhost:3000',
      audience: 'stepgate',
      algorithm: 'ES256',
      accessTokenTtl: 600_000,
      sessionIdleTtl: 3_600_000,
      sessionTtl: 86_400_000,
      mfaEnforcement: 'routes',
      delivery: 'outbox',
      trustProxy: [],
      corsOrigins: [],
      docsEnabled: true,
      metricsEnabled: false,
      logLevel: 'info',
    });
  });

  it('take an empty variable as none', () => {
    expect(loadSettings({ STEPGATE_SECRET: SECRET, PORT: '', DELIVERY: '' })).toMatchObject({
      port: 3_000,
      delivery: 'outbox',
    });
  });

  it('listen on one address, also by the name that has two', () => {
    expect(loadSettings({ STEPGATE_SECRET: SECRET, HOST: 'localhost' }).host).toBe('127.0.0.1');
  });

  it('are read from the variables', () => {
    const read = loadSettings({
      ...PRODUCTION,
      PUBLIC_URL: 'https://id.example.com/',
      ACCESS_TOKEN_TTL: '5m',
      TRUST_PROXY: '10.0.0.0/8, ::1, loopback',
      CORS_ORIGINS: 'https://app.example.com,http://localhost:5173',
      DOCS_ENABLED: 'true',
    });
    expect(read).toMatchObject({
      production: true,
      publicUrl: 'https://id.example.com',
      issuer: 'https://id.example.com',
      accessTokenTtl: 300_000,
      delivery: 'live',
      trustProxy: ['10.0.0.0/8', '::1', 'loopback'],
      corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
      docsEnabled: true,
    });
  });

  it('show no documentation in production unless asked', () => {
    expect(loadSettings(PRODUCTION).docsEnabled).toBe(false);
  });

  it.each([
    ['NODE_ENV', 'prod', 'one of development, test, production'],
    ['PORT', 'http', 'a port number, 0 to 65535'],
    ['PORT', '-1', 'a port number, 0 to 65535'],
    ['PORT', '80.5', 'a port number, 0 to 65535'],
    ['PORT', '65536', 'a port number, 0 to 65535'],
    ['DATABASE_URL', 'postgres://db/app', 'mysql://user:password@host/database, or sqlite:path'],
    ['DATABASE_URL', 'mysql://root@db', 'mysql://user:password@host/database, or sqlite:path'],
    ['REDIS_URL', 'localhost:6379', 'redis://host:port'],
    ['PUBLIC_URL', 'id.example.com', 'the URL under which clients reach this server'],
    ['PUBLIC_URL', 'ftp://id.example.com', 'the URL under which clients reach this server'],
    ['PASSWORD_RESET_URL', 'reset', 'the URL of the page that takes a new password'],
    ['JWT_ALGORITHM', 'none', 'one of ES256, RS256, PS256, HS256'],
    ['ACCESS_TOKEN_TTL', '10 minutes', 'a duration such as 90s, 10m or 24h'],
    ['ACCESS_TOKEN_TTL', '2h', 'a duration from 1m to 60m'],
    ['SESSION_IDLE_TTL', '0s', 'a duration of 1m or more'],
    ['SESSION_TTL', '3600', 'a duration such as 90s, 10m or 24h'],
    ['SESSION_TTL', '200000000d', 'a duration of 3650d or less'],
    ['AUDIT_RETENTION', '200000000d', 'a duration of 3650d or less'],
    ['PRODUCT_NAME', 'Acme: Login', '1 to 40 characters, without a colon'],
    ['MFA_ENFORCEMENT', 'all', 'one of routes, enrolled, everyone'],
    ['DELIVERY', 'smtp', 'one of outbox, live'],
    ['SMTP_URL', 'mail.example.com:25', 'smtp://user:password@host:port'],
    ['MAIL_FROM', 'nobody', 'an address, or Name <address>'],
    ['MAIL_FROM', 'a@b.example\r\nBcc: c@d.example', 'an address, or Name <address>'],
    ['TRUST_PROXY', 'true', 'addresses or networks (10.0.0.0/8), or loopback; comma-separated'],
    ['TRUST_PROXY', '10.0.0.0/33', 'addresses or networks (10.0.0.0/8), or loopback; comma-separated'],
    ['CORS_ORIGINS', '*', 'origins such as https://app.example.com; comma-separated'],
    ['CORS_ORIGINS', 'https://app.example.com/', 'origins such as https://app.example.com; comma-separated'],
    ['DOCS_ENABLED', 'yes', 'true or false'],
    ['ACCOUNT_PAGE_ENABLED', 'on', 'true or false'],
    ['METRICS_ENABLED', '1', 'true or false'],
    ['LOG_LEVEL', 'verbose', 'one of fatal, error, warn, info, debug, trace, silent'],
  ])('stop the start for %s=%s', (name, value, takes) => {
    expect(complaint({ [name]: value })).toBe(`${name}: takes ${takes}`);
  });

  it('name every wrong variable, one line for each', () => {
    expect(
      complaint({ PORT: 'x', LOG_LEVEL: 'x' })
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['PORT', 'LOG_LEVEL']);
  });
});

describe('a production start', () => {
  it('needs a secret of its own', () => {
    expect(complaint({ ...PRODUCTION, STEPGATE_SECRET: undefined })).toBe('STEPGATE_SECRET: is required in production');
  });

  it.each([
    ['is short', SECRET.slice(0, 31)],
    ['is an example', `change-me-${SECRET}`],
    ['is an example', 'your-256-bit-secret-your-256-bit-secret'],
    ['is uniform', '0123456789'.repeat(5)],
  ])('refuses a secret that %s', (_, secret) => {
    const message = complaint({ ...PRODUCTION, STEPGATE_SECRET: secret });
    expect(message).toBe('STEPGATE_SECRET: takes 32 random bytes or more; make one with: openssl rand -base64 32');
    expect(message).not.toContain(secret);
  });

  it('refuses the outbox, which shows every code', () => {
    expect(complaint({ ...PRODUCTION, DELIVERY: 'outbox' })).toMatch(/^DELIVERY: takes live in production/);
  });

  it('needs a mail server', () => {
    expect(complaint({ ...PRODUCTION, SMTP_URL: undefined })).toMatch(/^SMTP_URL: takes smtp:/);
  });
});

it('a random secret is taken, though it happens to spell a short word', () => {
  for (const word of ['YoUr', 'xXxX']) expect(complaint({ STEPGATE_SECRET: word + SECRET })).toBe('none');
});

describe('a start without a secret, outside production', () => {
  const before = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepgate-settings-'));
    process.chdir(folder);
  });

  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it('makes one, which only its owner can read, and keeps it', () => {
    const first = loadSettings({}).rootSecret;
    expect(loadSettings({}).rootSecret).toEqual(first);
    expect(statSync('data/development-secret').mode & 0o777).toBe(0o600);
  });

  it('works with .env.example as it is', () => {
    expect(loadSettings(example({ all: false }))).toEqual(loadSettings({}));
  });
});

describe('.env.example', () => {
  it('shows every variable there is', () => {
    const source = readFileSync(resolve(__dirname, 'settings.ts'), 'utf8');
    const table = source.slice(source.indexOf('const variables'), source.indexOf('export type Settings'));
    const names = [...table.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(15);
    expect(Object.keys(example({ all: true })).sort()).toEqual(names.sort());
  });

  it('is refused in production, with its placeholders too', () => {
    const plain = { ...example({ all: false }), NODE_ENV: 'production', STEPGATE_SECRET: undefined };
    expect(complaint({ ...plain, SMTP_URL: 'smtp://mail:25' })).toBe('STEPGATE_SECRET: is required in production');
    const filled = { ...example({ all: true }), NODE_ENV: 'production', DELIVERY: 'live' };
    expect(complaint(filled)).toContain('STEPGATE_SECRET: takes 32 random bytes');
  });
});
