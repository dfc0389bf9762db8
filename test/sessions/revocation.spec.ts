import { randomBytes } from 'node:crypto';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Revocations } from '../../src/sessions/revocations.js';
import type { Grant } from '../../src/sessions/grants.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { SigningKeys } from '../../src/tokens/signing-keys/signing-keys.js';
import { CAPACITY, VerifiedTokens } from '../../src/tokens/verified-tokens.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { createPersistent } from '../support/persistent-database.js';
import { openMfaSession, openSession, TOTP } from '../support/sessions.js';
import { statementsDuring } from '../support/statements.js';

const bearer = { type: 'bearer' } as const;

const get = (app: TestApp, token: string, path = '/v1/examples/signed-in') => app.http.get(path).auth(token, bearer);
const end = (app: TestApp, { principal }: Grant) =>
  app.nest.get(Sessions).end(principal.sessionId, principal.userId, 'logout', NO_REQUEST);

describe.each(databases)('an access token on $name', (kind) => {
  let database: TestDatabase;
  let app: TestApp;

  beforeAll(async () => {
    database = await createPersistent(kind);
    app = await startApp({ shared: database });
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('is judged without a statement to the database, the first time and later', async () => {
    const { accessToken } = await openMfaSession(app);
    for (const path of ['/v1/examples/mfa', '/v1/examples/mfa', '/v1/examples/mfa-fresh', '/v1/auth/session']) {
      expect(await statementsDuring(app, () => get(app, accessToken, path).expect(200))).toEqual([]);
    }
    // The counter counts: a user and a session.
    expect(await statementsDuring(app, () => openSession(app))).toHaveLength(2);
  });

  it('is dead at once after logout', async () => {
    const grant = await openSession(app);
    await get(app, grant.accessToken).expect(200);
    await app.http.post('/v1/auth/logout').auth(grant.accessToken, bearer).expect(204);
    await get(app, grant.accessToken).expect(401);
  });

  it('is dead once it has been exchanged for one with the MFA claim', async () => {
    const grant = await openSession(app);
    await get(app, grant.accessToken).expect(200);
    const proved = (await app.nest.get(Sessions).upgrade(grant.principal, TOTP))!;
    await get(app, grant.accessToken).expect(401);
    await get(app, proved.accessToken).expect(200);
  });

  it('is dead when it has expired, though it was good a second ago', async () => {
    const { accessToken, principal } = await openSession(app);
    await get(app, accessToken).expect(200);
    const left = principal.expiresAt.getTime() - app.clock.now().getTime();
    app.clock.advance(`${left - 1}ms`);
    await get(app, accessToken).expect(200);
    app.clock.advance('1ms');
    await get(app, accessToken).expect(401);
  });

  it('is dead on another instance within a second', async () => {
    const other = await startApp({ shared: database, clock: app.clock });
    const grant = await openSession(app);
    const bystander = await openSession(app);
    for (const { accessToken } of [grant, bystander]) await get(other, accessToken).expect(200);
    await end(app, grant);
    const since = performance.now();
    while ((await get(other, grant.accessToken)).status !== 401) expect(performance.now() - since).toBeLessThan(1_000);
    await get(other, bystander.accessToken).expect(200);
    await other.close();
  });

  it('stays dead after a restart', async () => {
    const grant = await openSession(app);
    app.clock.advance('9m');
    const late = (await app.nest.get(Sessions).upgrade(grant.principal, TOTP))!;
    await end(app, late);
    app.clock.advance('5m');
    const restarted = await startApp({ shared: database, clock: app.clock });
    await get(restarted, late.accessToken).expect(401);
    await get(restarted, (await openSession(restarted)).accessToken).expect(200);
    await restarted.close();
  });

  it('is forgotten when it would have expired by itself', async () => {
    const revocations = app.nest.get(Revocations);
    app.clock.advance('1h');
    await revocations.poll();
    expect(revocations.size).toBe(0);
    for (const grant of await Promise.all([openSession(app), openSession(app)])) await end(app, grant);
    await revocations.poll();
    expect(revocations.size).toBe(2);
    app.clock.advance('10m');
    await revocations.poll();
    expect(revocations.size).toBe(2);
    app.clock.advance('31s');
    await revocations.poll();
    await revocations.poll();
    expect(revocations.size).toBe(0);
  });

  it('is found dead though it was revoked by a clock that is behind, or ahead', async () => {
    const [behind, ahead] = await Promise.all([openSession(app), openSession(app)]);
    const revocations = app.nest.get(Revocations);
    const rows = revocations['rows'];
    const stamp = ({ principal }: Grant, seconds: number) =>
      rows.end(principal.sessionId, principal.userId, 'logout', app.clock.in(seconds * 1_000));
    await stamp(ahead, 3_600);
    await end(app, await openSession(app));
    await revocations.poll();
    await stamp(behind, -20);
    await revocations.poll();
    for (const { accessToken } of [ahead, behind]) await get(app, accessToken).expect(401);
  });
});

describe('tokens that were verified before', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp();
  });

  afterEach(() => app.close());

  const verified = () => app.nest.get(VerifiedTokens);

  it('are known from the first use on, and garbage never is', async () => {
    const { accessToken, principal } = await openSession(app);
    const forged = `${accessToken.slice(0, -4)}AAAA`;
    for (const token of ['garbage', forged, `${accessToken}.`]) await get(app, token).expect(401);
    expect(verified().size).toBe(0);
    await get(app, accessToken).expect(200);
    expect(verified().size).toBe(1);
    expect(verified().find(accessToken)).toMatchObject({ userId: principal.userId });
    await get(app, forged).expect(401);
    await get(app, accessToken).expect(200);
    expect(verified().size).toBe(1);
  });

  it('are forgotten when they have expired', async () => {
    const { accessToken } = await openSession(app);
    await get(app, accessToken).expect(200);
    app.clock.advance('11m');
    await get(app, accessToken).expect(401);
    expect(verified().size).toBe(0);
  });

  it('are dead when their key leaves the ring', async () => {
    const { accessToken, principal } = await openSession(app);
    await get(app, accessToken).expect(200);
    const keys = app.nest.get(SigningKeys);
    const { id } = keys.current();
    expect(verified().find(accessToken)).toBeDefined();
    await keys['rows'].delete({ id });
    await keys.onModuleInit();
    expect(verified().find(accessToken)).toBeUndefined();
    await get(app, accessToken).expect(401);
    expect(principal.expiresAt > app.clock.now()).toBe(true);
  });

  it('are ten thousand at the most; the oldest goes first', async () => {
    const { accessToken, principal } = await openSession(app);
    const [header, payload] = accessToken.split('.');
    const another = () => `${header}.${payload}.${randomBytes(64).toString('base64url')}`;
    verified().add(accessToken, principal);
    const second = another();
    verified().add(second, principal);
    for (let n = 2; n < CAPACITY; n += 1) verified().add(another(), principal);
    expect([accessToken, second].map((token) => Boolean(verified().find(token)))).toEqual([true, true]);
    verified().add(another(), principal);
    expect([accessToken, second].map((token) => Boolean(verified().find(token)))).toEqual([false, true]);
    expect(verified().size).toBe(CAPACITY);
  });

  it('cannot be changed by the handler of one request for those of others', async () => {
    const { principal } = await openSession(app);
    for (const part of [principal, principal.claims, principal.amr]) expect(Object.isFrozen(part)).toBe(true);
  });
});
