import { randomBytes } from 'node:crypto';
import { getRepositoryToken } from '@nestjs/typeorm';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { DataSource, type Repository } from 'typeorm';
import { Secrets } from '../../src/kernel/secrets.js';
import { SigningKeyRow } from '../../src/tokens/signing-keys/signing-key.entity.js';
import { SigningKeys } from '../../src/tokens/signing-keys/signing-keys.js';
import {
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  TOKENS_OPTIONS,
  type TokensOptions,
} from '../../src/tokens/tokens.options.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { ManualClock } from '../support/manual-clock.js';
import { createPersistent } from '../support/persistent-database.js';
import { openMfaSession, openSession } from '../support/sessions.js';
import { statementsDuring } from '../support/statements.js';

const bearer = { type: 'bearer' } as const;
const kidOf = (token: string) => decodeProtectedHeader(token).kid;

describe.each(databases)('signing keys on $name', (database) => {
  let app: TestApp;
  let rows: Repository<SigningKeyRow>;

  beforeEach(async () => {
    app = await startApp({ database });
    rows = app.nest.get(getRepositoryToken(SigningKeyRow));
  });

  afterEach(() => app.close());

  const keys = () => app.nest.get(SigningKeys);
  const published = async () => {
    const { body } = await app.http.get('/.well-known/jwks.json').expect(200);
    return (body as JSONWebKeySet).keys.map(({ kid }) => kid);
  };
  const status = async (token: string) => (await app.http.get('/v1/auth/session').auth(token, bearer)).status;

  /** The keys as another instance on the same database holds them. */
  async function anotherInstance(algorithm: SigningAlgorithm = 'ES256', table = rows): Promise<SigningKeys> {
    const options = { ...app.nest.get<TokensOptions>(TOKENS_OPTIONS), algorithm };
    const other = new SigningKeys(table, options, app.nest.get(Secrets), app.clock);
    await other.onModuleInit();
    return other;
  }

  it('are one when many instances start together on an empty database', async () => {
    await rows.clear();
    const instances = await Promise.all(Array.from({ length: 5 }, () => anotherInstance()));
    expect(await rows.count()).toBe(1);
    expect(new Set(instances.map((instance) => instance.current().id)).size).toBe(1);
  });

  it('are sealed in the table', async () => {
    const [row] = await rows.find();
    const { d, x } = keys().current().signing.export({ format: 'jwk' });
    const dump = JSON.stringify(await app.nest.get(DataSource).query('SELECT * FROM stepgate_signing_key'));
    expect(dump).toContain(row.sealed);
    for (const text of [dump, Buffer.from(row.sealed, 'base64url').toString('latin1')]) {
      expect(text).not.toContain(d);
      expect(text).not.toContain(x);
    }
  });

  it('stop the start under another STEPGATE_SECRET, and say why', async () => {
    const other = new SigningKeys(rows, app.nest.get(TOKENS_OPTIONS), new Secrets(randomBytes(32)), app.clock);
    await expect(other.onModuleInit()).rejects.toThrow(
      /were sealed under another STEPGATE_SECRET\. Start with that one/,
    );
    expect(await rows.count()).toBe(1);
  });

  it('are published without their private parts, to be cached for five minutes', async () => {
    const { body, headers } = await app.http.get('/.well-known/jwks.json').expect(200);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers['content-type']).toContain('application/json');
    const { kid } = decodeProtectedHeader((await openSession(app)).accessToken);
    const string = expect.any(String) as string;
    expect(body).toEqual({ keys: [{ kty: 'EC', crv: 'P-256', x: string, y: string, kid, alg: 'ES256', use: 'sig' }] });
  });

  it('rotate: the new one is published first, signs when no cache is without it, and the old one goes with its last token', async () => {
    const first = keys().current().id;
    const { id: second } = await keys().rotate();
    expect(await published()).toEqual([second, first]);
    expect(kidOf((await openSession(app)).accessToken)).toBe(first);

    app.clock.advance('299s');
    const last = await openSession(app);
    expect(kidOf(last.accessToken)).toBe(first);
    app.clock.advance('1s');
    const next = await openSession(app);
    expect(kidOf(next.accessToken)).toBe(second);

    app.clock.advance('598s');
    expect(await status(last.accessToken)).toBe(200);
    expect(await published()).toEqual([second, first]);
    app.clock.advance('2s');
    expect(await published()).toEqual([second]);
    expect(await keys().find(first)).toBeUndefined();
  });

  it('rotate by age, once however many instances notice it', async () => {
    const others = await Promise.all(Array.from({ length: 8 }, () => anotherInstance()));
    const first = keys().current().id;
    app.clock.advance('90d');
    await keys().refresh();
    expect(await published()).toEqual([first]);
    app.clock.advance('1s');
    await Promise.all([keys(), ...others].map((instance) => instance.refresh()));
    await keys().refresh();
    expect(await rows.count()).toBe(2);
    app.clock.advance('5m');
    expect(kidOf((await openSession(app)).accessToken)).not.toBe(first);
  });

  it('rotate once when two instances do so at the same moment', async () => {
    const other = await anotherInstance();
    const [one, two] = await Promise.all([keys().rotate(), other.rotate()]);
    expect(await rows.count()).toBe(one.id === two.id ? 2 : 3);
    await keys().refresh();
    await other.refresh();
    app.clock.advance('5m');
    expect(keys().current().id).toBe(other.current().id);
  });

  it('rotate twice when one instance does so before the other has looked again', async () => {
    let looks = 0;
    const slow = Object.create(rows) as Repository<SigningKeyRow>;
    slow.find = async (options) => {
      if (++looks === 3) await keys().rotate(); // after the look at the start, and that before the insert
      return rows.find(options);
    };
    const { id } = await (await anotherInstance('ES256', slow)).rotate();
    expect(await rows.count()).toBe(3);
    expect(await rows.findOneByOrFail({ generation: 2 })).toMatchObject({ id });
  });

  it('that another instance has just made are accepted at once, even amid a flood of unknown ones', async () => {
    const other = await anotherInstance('RS256');
    const flood = Array.from({ length: 50 }, (_, n) => keys().find(n.toString(16).padStart(32, '0')));
    const { id } = other.current();
    expect((await keys().find(id))?.algorithm).toBe('RS256');
    expect(await Promise.all(flood)).toEqual(Array(50).fill(undefined));
    expect(keys().current().id).toBe(id);
  });

  it('cost one look for any number of unknown ones', async () => {
    const flood = Array.from({ length: 100 }, (_, n) => n.toString(16).padStart(32, '0'));
    const statements = await statementsDuring(app, () => Promise.all(flood.map((id) => keys().find(id))));
    expect(statements).toHaveLength(1);
    expect(await statementsDuring(app, () => keys().find(keys().current().id))).toEqual([]);
  });
});

describe.each(SIGNING_ALGORITHMS)('tokens signed with %s', (algorithm) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ env: { JWT_ALGORITHM: algorithm } });
  });

  afterAll(() => app.close());

  it('are accepted, and refused when damaged', async () => {
    const { accessToken } = await openMfaSession(app);
    expect(decodeProtectedHeader(accessToken)).toEqual({
      alg: algorithm,
      typ: 'at+jwt',
      kid: expect.any(String) as string,
    });
    await app.http.get('/v1/examples/aal2').auth(accessToken, bearer).expect(200);
    const [header, payload, signature] = accessToken.split('.');
    const damaged = Buffer.from(signature, 'base64url');
    damaged[10] ^= 1;
    const others = [damaged, damaged.subarray(1), Buffer.concat([damaged, Buffer.from('x')]), Buffer.alloc(1)];
    for (const other of others) {
      const forged = `${header}.${payload}.${other.toString('base64url')}`;
      await app.http
        .get('/v1/examples/aal2')
        .auth(forged, bearer)
        .expect(401)
        .expect('www-authenticate', /invalid_token/);
    }
  });

  if (algorithm === 'HS256') {
    it('have a key that nobody is told', async () => {
      const { body } = await app.http.get('/.well-known/jwks.json').expect(200);
      expect(body).toEqual({ keys: [] });
    });
  } else {
    it('can be verified by any service with jose and the published keys alone', async () => {
      const { accessToken, principal } = await openMfaSession(app);
      const remote = createRemoteJWKSet(new URL('/.well-known/jwks.json', app.url));
      const { body } = await app.http.get('/.well-known/jwks.json').expect(200);
      for (const jwks of [remote, createLocalJWKSet(body as JSONWebKeySet)]) {
        const { payload } = await jwtVerify(accessToken, jwks, {
          issuer: app.settings.issuer,
          audience: app.settings.audience,
          typ: 'at+jwt',
          algorithms: [algorithm],
          requiredClaims: ['exp', 'iat', 'sub', 'jti', 'sid', 'client_id', 'auth_time', 'acr', 'amr'],
          currentDate: app.clock.now(),
        });
        expect(payload).toMatchObject({ sub: principal.userId, acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
        expect(payload.mfa).toEqual({ at: expect.any(Number) as number, factor: 'totp' });
      }
    });
  }
});

describe.each(databases)('a restart on $name', (kind) => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createPersistent(kind);
  });

  afterEach(() => database.drop());

  it('with another JWT_ALGORITHM signs with a new key and accepts the old tokens', async () => {
    const clock = new ManualClock();
    const before = await startApp({ shared: database, clock });
    const { accessToken } = await openSession(before);
    await before.close();
    for (const algorithm of ['HS256', 'PS256', 'ES256']) {
      const after = await startApp({ shared: database, clock, env: { JWT_ALGORITHM: algorithm } });
      const session = await openSession(after);
      expect(decodeProtectedHeader(session.accessToken).alg).toBe(algorithm);
      for (const token of [accessToken, session.accessToken])
        await after.http.get('/v1/auth/session').auth(token, bearer).expect(200);
      await after.close();
    }
  });

  if (kind.name === 'SQLite') return;

  it('of two instances together on an empty database leaves one key', async () => {
    const clock = new ManualClock();
    const [one, two] = await Promise.all([
      startApp({ shared: database, clock }),
      startApp({ shared: database, clock }),
    ]);
    const { accessToken } = await openSession(one);
    expect(kidOf(accessToken)).toBe(kidOf((await openSession(two)).accessToken));
    await two.http.get('/v1/auth/session').auth(accessToken, bearer).expect(200);
    await one.close();
    await two.close();
  });
});
