import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { databases, type TestDatabase } from '../support/databases.js';
import { eventually } from '../support/people.js';
import { type Server, startServer } from '../support/server.js';

/** Values that occur nowhere else, so finding one means that it leaked. */
const mark = () => randomBytes(6).toString('hex');
const PHONE = `+491511${String(randomInt(10_000_000)).padStart(7, '0')}`;

interface Store {
  /** Every row of every table, as text. */
  dump(): Promise<string>;
  run(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

const text = (rows: unknown): string => JSON.stringify(rows);

function openSqlite(file: string): Store {
  const database = new Database(file);
  const tables = () =>
    database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
  return {
    dump: async () =>
      tables()
        .map(({ name }) => name + text(database.prepare(`SELECT * FROM "${name}"`).all()))
        .join('\n'),
    run: async (sql) => database.exec(sql),
    close: async () => void database.close(),
  };
}

async function openMariaDb(url: string): Promise<Store> {
  const connection = await createConnection(url);
  return {
    dump: async () => {
      const [tables] = (await connection.query('SHOW TABLES')) as unknown as [Record<string, string>[]];
      const parts: string[] = [];
      for (const [name] of tables.map((row) => Object.values(row)))
        parts.push(name + text((await connection.query(`SELECT * FROM ${name}`))[0]));
      return parts.join('\n');
    },
    run: (sql) => connection.query(sql),
    close: () => connection.end(),
  };
}

/** A code as a word of its own: six digits are in many a random id. */
const word = (value: string) => new RegExp(`(?<![0-9A-Za-z_-])${value}(?![0-9A-Za-z_-])`);

describe.each(databases)('the whole flow on $name, with canary values', (kind) => {
  const email = `canary-${mark()}@example.com`;
  const displayName = `Canaria ${mark()}`;
  const passwords = [`first brass ${mark()}`, `second brass ${mark()}`, `third brass ${mark()}`] as const;
  const wrongPassword = `wrong brass ${mark()}`;
  const codes: string[] = [];
  const tokens: string[] = [];
  const recoveryCodes: string[] = [];
  const answers: { path: string; text: string }[] = [];
  let database: TestDatabase | undefined;
  let store: Store;
  let server: Server;
  let dumpBeforeVerification = '';
  let dumpAtTheEnd = '';

  async function call(method: string, path: string, body?: object, token?: string): Promise<Record<string, never>> {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
    });
    const received = await response.text();
    answers.push({ path, text: `${text([...response.headers])}\n${received}` });
    if (received === '') return {};
    const parsed = JSON.parse(received) as Record<string, never>;
    for (const name of ['accessToken', 'refreshToken']) if (parsed[name]) tokens.push(parsed[name]);
    return parsed;
  }

  /** The newest code that went there and was not seen yet. Read past the recorded answers: showing codes is its purpose. */
  const sentCode = (to: string): Promise<string> =>
    eventually(async () => {
      const response = await fetch(`${server.url}/v1/dev/outbox?to=${encodeURIComponent(to)}`);
      const messages = (await response.json()) as { code?: string }[];
      const code = messages.find((message) => message.code !== undefined)?.code;
      if (code === undefined || codes.includes(code) || tokens.includes(code)) throw new Error('no new code yet');
      (code.length > 6 ? tokens : codes).push(code);
      return code;
    });

  const verifyChallenge = async (session: Record<string, never>, to: string) => {
    const { id } = (session.mfa as { challenge: { id: string } }).challenge;
    return call('POST', `/v1/mfa/challenges/${id}/verify`, { code: await sentCode(to) }, session.accessToken);
  };

  beforeAll(async () => {
    database = kind.name === 'SQLite' ? undefined : await kind.create();
    server = await startServer({ NODE_ENV: 'test', LOG_LEVEL: 'trace', DATABASE_URL: database?.url });
    store = database ? await openMariaDb(database.url) : openSqlite(join(server.folder, 'data/stepgate.sqlite'));

    const [password, changed, reset] = passwords;
    const { verification } = await call('POST', '/v1/auth/register', { email, password, displayName });
    dumpBeforeVerification = await store.dump();
    const challengeId = (verification as { id: string }).id;
    await call('POST', '/v1/auth/email/verify', { challengeId, code: await sentCode(email) });

    await call('POST', '/v1/auth/login', { email, password: wrongPassword });
    const first = await call('POST', '/v1/auth/login', { email, password });
    const sms = { type: 'sms', phoneNumber: PHONE };
    const { factor } = await call('POST', '/v1/mfa/factors', sms, first.accessToken);
    const { id } = factor as { id: string };
    const code = await sentCode(PHONE);
    const activated = await call('POST', `/v1/mfa/factors/${id}/activate`, { code }, first.accessToken);
    recoveryCodes.push(...(activated.recoveryCodes as string[]));

    const pending = await call('POST', '/v1/auth/login', { email, password, deviceToken: `device-${mark()}` });
    await call('GET', '/v1/examples/mfa', undefined, pending.accessToken);
    const proved = await verifyChallenge(pending, PHONE);
    const { refreshToken } = proved;
    const next = await call('POST', '/v1/auth/refresh', { refreshToken });
    for (const path of ['/v1/mfa/factors', '/v1/auth/session', '/v1/auth/sessions', '/v1/auth/events?limit=100'])
      await call('GET', path, undefined, next.accessToken);
    const change = { currentPassword: password, newPassword: changed };
    await call('POST', '/v1/auth/password/change', { ...change, currentPassword: wrongPassword }, next.accessToken);
    await call('POST', '/v1/auth/password/change', change, next.accessToken);

    // Only a minute after the last message there would be another.
    await store.run('DELETE FROM stepgate_send_budget');
    await call('POST', '/v1/auth/password/forgot', { email });
    const token = await sentCode(email);
    await call('POST', '/v1/auth/password/reset', { token: `${token}x`, newPassword: reset });
    await call('POST', '/v1/auth/password/reset', { token, newPassword: reset });
    const again = await call('POST', '/v1/auth/login', { email, password: reset });
    const last = await verifyChallenge(again, PHONE);
    const { accessToken } = last as unknown as { accessToken: string };
    await call('GET', `/v1/auth/session?access_token=${accessToken}`, undefined, `${accessToken}x`);
    await call('POST', '/v1/auth/logout', undefined, last.accessToken);
    await call('POST', '/v1/auth/refresh', { refreshToken });
    await fetch(`${server.url}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"email":"${email}","password":"${wrongPassword}`,
    });
    // The last events are written within milliseconds.
    await eventually(async () => {
      dumpAtTheEnd = await store.dump();
      expect(dumpAtTheEnd).toContain('"reason":"logout"'.replaceAll('"', '\\"'));
    });
  }, 60_000);

  afterAll(async () => {
    await store.close();
    await server.remove();
    await database?.drop();
  });

  const sessionPaths = /\/(login|refresh|verify)$/;

  it('went all the way', () => {
    expect([codes.length, new Set(tokens).size]).toEqual([4, 13]);
    expect(answers.filter(({ text: answer }) => answer.includes('internal_error'))).toEqual([]);
    expect(dumpAtTheEnd).toContain(email);
    expect(server.output()).toContain('login.succeeded');
  });

  it('keeps nothing of an account in the clear before its address is proved', () => {
    expect(dumpBeforeVerification).toContain('email_verification');
    for (const value of [email, displayName, passwords[0], 'argon2'])
      expect(dumpBeforeVerification).not.toContain(value);
  });

  it.each(['the database', 'the logs', 'the answers'])('leaves no password in %s', (where) => {
    for (const value of [...passwords, wrongPassword]) expect(contentOf(where)).not.toContain(value);
  });

  it.each(['the database', 'the logs', 'the answers'])('leaves no code in %s', (where) => {
    for (const code of codes) expect(contentOf(where)).not.toMatch(word(code));
  });

  it.each(['the database', 'the logs'])('leaves no token, and no secret part of one, in %s', (where) => {
    const content = contentOf(where);
    for (const token of tokens) {
      expect(content).not.toContain(token);
      // The signature, or the secret of an opaque token.
      const secret = token.includes('.') ? token.slice(token.lastIndexOf('.') + 1) : token.slice(-40);
      expect(content).not.toContain(secret);
      expect(content).not.toContain(Buffer.from(token, 'base64url').subarray(-32).toString('hex'));
    }
  });

  it.each(['the database', 'the logs'])('leaves no recovery code in %s', (where) => {
    expect(recoveryCodes).toHaveLength(10);
    for (const code of recoveryCodes)
      for (const spelling of [code, code.replaceAll('-', '')]) expect(contentOf(where)).not.toContain(spelling);
  });

  it('gives tokens out in sessions alone', () => {
    const others = answers.filter(({ path }) => !sessionPaths.test(path));
    expect(others.length).toBeGreaterThan(10);
    for (const token of tokens) for (const answer of others) expect(answer.text).not.toContain(token);
  });

  it.each(['the database', 'the logs', 'the answers'])('shows no phone number in %s', (where) => {
    const national = PHONE.slice(3);
    expect(contentOf(where)).not.toContain(national);
    expect(answers.some(({ text: answer }) => answer.includes(`•••• ••${PHONE.slice(-2)}`))).toBe(true);
  });

  it.each(['the logs', 'the answers'])('shows neither address nor name in %s', (where) => {
    for (const value of [email, displayName, email.split('@')[0]]) expect(contentOf(where)).not.toContain(value);
  });

  it('puts no address into security events', async () => {
    const events = dumpAtTheEnd.split('\n').find((line) => line.startsWith('stepgate_audit_event'))!;
    expect(events).toContain('password.reset');
    for (const value of [email, displayName]) expect(events).not.toContain(value);
  });

  function contentOf(where: string): string {
    if (where === 'the database') return dumpAtTheEnd;
    if (where === 'the logs') return server.output();
    return answers.map((answer) => answer.text).join('\n');
  }
});
