import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { Cable } from '../support/cable.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { bearer, login, type Person, register } from '../support/people.js';
import { createPersistent } from '../support/persistent-database.js';
import { runBuilt, type Server, startServer as start } from '../support/server.js';
import { isPresent, SERVICES } from '../support/services.js';

jest.setTimeout(120_000);

/** What servers on one database have in common. */
const SHARED = { STEPGATE_SECRET: randomBytes(48).toString('base64'), PUBLIC_URL: 'http://stepgate.test' };
const startServer = (env: NodeJS.ProcessEnv) => start({ ...SHARED, ...env });

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const statusOf = async ({ http }: Server, { accessToken }: Tokens) =>
  (await http.get('/v1/examples/signed-in').auth(accessToken, bearer)).status;
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function until(condition: () => Promise<boolean>, milliseconds: number): Promise<number> {
  const since = performance.now();
  while (!(await condition())) {
    if (performance.now() - since > milliseconds) throw new Error(`Not within ${milliseconds} ms.`);
    await pause(10);
  }
  return performance.now() - since;
}

describe.each(databases)('a server process on $name', (kind) => {
  let database: TestDatabase;
  let server: Server;
  let person: Person;

  beforeAll(async () => {
    database = await createPersistent(kind);
    server = await startServer({ DATABASE_URL: database.url });
    person = await register(server);
  });

  afterAll(async () => {
    await server.remove();
    await database.drop();
  });

  /** What is left when the server is killed: another one on its database, started before, so that a retry is in time. */
  const startSpare = () => startServer({ DATABASE_URL: database.url });

  it('that is killed between rotation and answer leaves the user able to go on', async () => {
    const spare = await startSpare();
    const { refreshToken } = await login(server, person);
    // Sent, and not waited for.
    const lost = server.http.post('/v1/auth/refresh').send({ refreshToken });
    const settled = lost.then(
      () => undefined,
      () => undefined,
    );
    await pause(20);
    await server.remove();
    await settled;
    server = spare;
    const { body } = await server.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200);
    expect(await statusOf(server, body)).toBe(200);
    await server.http.post('/v1/auth/refresh').send({ refreshToken: body.refreshToken }).expect(200);
  });

  it('that is killed after the answer was made, and lost, gives the same successor elsewhere', async () => {
    const spare = await startSpare();
    const { refreshToken } = await login(server, person);
    const { body: lost } = await server.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200);
    await server.remove();
    server = spare;
    const { body } = await server.http.post('/v1/auth/refresh').send({ refreshToken });
    expect(body.refreshToken).toBe(lost.refreshToken);
  });

  it('knows after a restart which tokens are dead', async () => {
    const [dead, alive] = [await login(server, person), await login(server, person)];
    await server.http.post('/v1/auth/logout').auth(dead.accessToken, bearer).expect(204);
    await server.remove();
    server = await startServer({ DATABASE_URL: database.url });
    expect([await statusOf(server, dead), await statusOf(server, alive)]).toEqual([401, 200]);
  });

  it('is told of a new key by keys:rotate', async () => {
    // As an operator does, beside the server: what is to be known stands in its `.env`.
    const settings = Object.entries({ ...SHARED, DATABASE_URL: database.url });
    writeFileSync(join(server.folder, '.env'), settings.map((setting) => setting.join('=')).join('\n'));
    const child = runBuilt('rotate-keys.js', {}, server.folder);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    const [, kid] = /^New signing key ([0-9a-f]{32}) \(ES256\); it signs from .+Z\.\n$/.exec(output) ?? [];
    expect(kid).toBeDefined();
    await server.remove();
    server = await startServer({ DATABASE_URL: database.url });
    const { body } = await server.http.get('/.well-known/jwks.json').expect(200);
    expect(body.keys.map((key: { kid: string }) => key.kid)).toContain(kid);
    expect(body.keys).toHaveLength(2);
  });

  it.each(['main.js', 'rotate-keys.js'])('does not start under another secret: %s', async (file) => {
    const child = runBuilt(file, {
      DATABASE_URL: database.url,
      PORT: '0',
      STEPGATE_SECRET: 'q8Lw0Zr2Vb6Nt4Hs1Kd9Xg7Jm3Pc5Fy!',
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(output).toContain('were sealed under another STEPGATE_SECRET. Start with that one');
  });
});

const ifMariaDb = isPresent('MariaDB') ? describe : describe.skip;

ifMariaDb('two server processes on one MariaDB', () => {
  const mariadb = databases.find(({ name }) => name === 'MariaDB')!;
  const redisUrls = [undefined, ...(isPresent('Redis') ? [SERVICES.Redis] : []), 'redis://127.0.0.1:1'];
  let database: TestDatabase;

  beforeAll(async () => {
    database = await mariadb.create();
  });

  afterAll(() => database.drop());

  it.each(redisUrls)('both know a logout within one second (REDIS_URL %s)', async (redisUrl) => {
    const env = { DATABASE_URL: database.url, REDIS_URL: redisUrl ?? '' };
    const [one, two] = await Promise.all([startServer(env), startServer(env)]);
    const person = await register(one);
    for (let round = 0; round < 3; round += 1) {
      const [dead, alive] = [await login(one, person), await login(two, person)];
      for (const server of [one, two])
        expect([await statusOf(server, dead), await statusOf(server, alive)]).toEqual([200, 200]);
      await one.http.post('/v1/auth/logout').auth(dead.accessToken, bearer).expect(204);
      expect(await statusOf(one, dead)).toBe(401);
      const took = await until(async () => (await statusOf(two, dead)) === 401, 1_000);
      expect(took).toBeLessThan(1_000);
      expect(await statusOf(two, alive)).toBe(200);
    }
    // A Redis that is not there is complained of once by each, however often they try.
    if (redisUrl?.endsWith(':1'))
      for (const server of [one, two]) expect(server.output().match(/Redis/g)).toHaveLength(1);
    await Promise.all([one.remove(), two.remove()]);
  });

  it('refuse what they cannot check while the database is out of reach, and recover by themselves', async () => {
    const cable = await Cable.to(database.url);
    const server = await startServer({ DATABASE_URL: cable.url });
    const person = await register(server);
    const [dead, alive] = [await login(server, person), await login(server, person)];
    expect([await statusOf(server, dead), await statusOf(server, alive)]).toEqual([200, 200]);

    cable.cut();
    // Revoked by another, while this server cannot hear of it.
    const [, payload] = dead.accessToken.split('.');
    const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string };
    const direct = await createConnection(database.url);
    const revoked = 'UPDATE stepgate_session SET endedAt = UTC_TIMESTAMP(3), revokedAt = UTC_TIMESTAMP(3) WHERE id = ?';
    await direct.execute(revoked, [sid]);
    await direct.end();
    await until(async () => (await statusOf(server, alive)) === 503, 1_100);
    for (let n = 0; n < 5; n += 1) {
      expect([await statusOf(server, dead), await statusOf(server, alive)]).toEqual([503, 503]);
      await pause(200);
    }
    expect(server.output().match(/revocation feed is lost/g)).toHaveLength(1);

    cable.mend();
    await until(async () => (await statusOf(server, alive)) === 200, 5_000);
    expect(await statusOf(server, dead)).toBe(401);
    await server.remove();
    await cable.remove();
  });
});
