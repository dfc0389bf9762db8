import { getRepositoryToken } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { randomId } from '../../src/kernel/secrets.js';
import { Refresh } from '../../src/sessions/refresh.js';
import { SessionRow } from '../../src/sessions/session.entity.js';
import type { Grant } from '../../src/sessions/grants.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { createPersistent } from '../support/persistent-database.js';
import { openMfaSession, openSession, TOTP } from '../support/sessions.js';

const bearer = { type: 'bearer' } as const;
const REFUSED = { definition: { code: 'invalid_token', status: 401 } };

const accept = async (app: TestApp, { accessToken }: Grant) =>
  (await app.http.get('/v1/auth/session').auth(accessToken, bearer)).status === 200;
const refresh = (app: TestApp, token: string) => app.nest.get(Refresh).refresh(token, NO_REQUEST);
const fulfilled = <T>(results: PromiseSettledResult<T>[]) =>
  results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);

describe.each(databases)('refreshing on $name', (kind) => {
  let database: TestDatabase;
  let app: TestApp;
  let other: TestApp;
  let rows: Repository<SessionRow>;

  beforeAll(async () => {
    database = await createPersistent(kind);
    app = await startApp({ shared: database });
    other = await startApp({ shared: database, clock: app.clock });
    rows = app.nest.get(getRepositoryToken(SessionRow));
  });

  afterAll(async () => {
    await other.close();
    await app.close();
    await database.drop();
  });

  const rowOf = ({ principal }: Grant) => rows.findOneByOrFail({ id: principal.sessionId });

  it('answers new tokens of the same assurance, and no fresher one', async () => {
    const signedIn = await openMfaSession(app);
    app.clock.advance('5m');
    const refreshed = await refresh(app, signedIn.refreshToken);
    expect(refreshed.refreshToken).not.toBe(signedIn.refreshToken);
    const { iat, exp, jti, ...kept } = signedIn.principal.claims;
    expect(refreshed.principal.claims).toMatchObject({ ...kept, iat: iat + 300, exp: exp + 300 });
    expect(refreshed.principal.claims.jti).not.toBe(jti);
    expect(await accept(app, refreshed)).toBe(true);
  });

  it.each(['disabled', 'deleted'])(
    'refuses a user who was %s by other means than ours, and ends the session',
    async (how) => {
      const { refreshToken, principal } = await openSession(app);
      const users = app.nest.get(UserStore);
      await (how === 'disabled' ? users.setDisabled(principal.userId, true) : users.delete(principal.userId));
      await expect(refresh(app, refreshToken)).rejects.toMatchObject(REFUSED);
      expect(await rowOf({ principal } as Grant)).toMatchObject({ endReason: 'user_disabled', refreshGeneration: 0 });
    },
  );

  it.each([0, 1])('gives 20 parallel requests one successor (%s other instance)', async (others) => {
    const { refreshToken, principal } = await openSession(app);
    const instances = [app, others ? other : app];
    const grants = fulfilled(
      await Promise.allSettled(Array.from({ length: 20 }, (_, n) => refresh(instances[n % 2], refreshToken))),
    );
    expect(grants).toHaveLength(20);
    expect(new Set(grants.map((grant) => grant.refreshToken)).size).toBe(1);
    expect(await rowOf(grants[0])).toMatchObject({ refreshGeneration: 1, endedAt: null });
    const next = await refresh(other, grants[0].refreshToken);
    expect(next.principal.sessionId).toBe(principal.sessionId);
  });

  it('gives a retry within 10 seconds the same successor, on any instance', async () => {
    const { refreshToken } = await openSession(app);
    const first = await refresh(app, refreshToken);
    app.clock.advance('10s');
    const again = await refresh(other, refreshToken);
    expect(again.refreshToken).toBe(first.refreshToken);
    await refresh(app, again.refreshToken);
  });

  it('ends the session everywhere when a token is used again after that', async () => {
    const { refreshToken } = await openSession(app);
    const newest = await refresh(app, refreshToken);
    app.clock.advance('10001ms');
    await expect(refresh(app, refreshToken)).rejects.toMatchObject(REFUSED);
    expect(await rowOf(newest)).toMatchObject({ endReason: 'refresh_reuse', endedAt: app.clock.now() });
    expect(await accept(app, newest)).toBe(false);
    await expect(refresh(other, newest.refreshToken)).rejects.toMatchObject(REFUSED);
  });

  it('ends the session when a token is used again whose successor was used', async () => {
    const { refreshToken } = await openSession(app);
    const second = await refresh(app, refreshToken);
    const third = await refresh(app, second.refreshToken);
    await expect(refresh(app, refreshToken)).rejects.toMatchObject(REFUSED);
    expect(await rowOf(third)).toMatchObject({ endReason: 'refresh_reuse' });
  });

  it('lets an invented token change nothing', async () => {
    const signedIn = await openSession(app);
    const row = await rowOf(signedIn);
    const bytes = Buffer.from(signedIn.refreshToken, 'base64url');
    bytes.fill(7, 20);
    for (const invented of [bytes.toString('base64url'), randomId(), signedIn.accessToken, ''])
      await expect(refresh(app, invented)).rejects.toMatchObject(REFUSED);
    expect(await rowOf(signedIn)).toEqual(row);
  });

  it('keeps only a digest', async () => {
    const { refreshToken, ...grant } = await openSession(app);
    const secret = Buffer.from(refreshToken, 'base64url').subarray(52);
    const text = JSON.stringify(await rowOf({ refreshToken, ...grant }));
    for (const form of ['hex', 'base64', 'base64url'] as const) expect(text).not.toContain(secret.toString(form));
    expect(text).not.toContain(refreshToken);
  });

  it('refuses a token from before the second factor, and never gives it the claim', async () => {
    const password = await openSession(app);
    const rotated = await refresh(app, password.refreshToken);
    const proved = (await app.nest.get(Sessions).upgrade(rotated.principal, TOTP))!;
    for (const old of [password, rotated]) {
      await expect(refresh(app, old.refreshToken)).rejects.toMatchObject(REFUSED);
      expect(await accept(app, old)).toBe(false);
    }
    expect((await refresh(app, proved.refreshToken)).principal.mfa?.factor).toBe('totp');
  });

  it('yields a password’s assurance once the factor is removed', async () => {
    const factor = { ...TOTP, id: randomId() };
    const proved = await openMfaSession(app, factor);
    const bystander = await openMfaSession(app);
    await app.nest.get(Sessions).withdrawFactor(proved.principal.userId, factor.id, NO_REQUEST);
    expect(await accept(app, proved)).toBe(false);
    const { principal } = await refresh(app, proved.refreshToken);
    expect(principal.claims).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    expect(principal.claims).not.toHaveProperty('mfa');
    expect(await accept(app, bystander)).toBe(true);
  });

  it('ends after the idle time, and in any case after the longest', async () => {
    const idle = await openSession(app);
    app.clock.advance('3599s');
    const kept = await refresh(app, idle.refreshToken);
    app.clock.advance('1h');
    await expect(refresh(app, kept.refreshToken)).rejects.toMatchObject(REFUSED);

    let busy = await openSession(app);
    expect([busy.expiresIn, busy.refreshExpiresIn]).toEqual([600, 3_600]);
    for (let half = 1; half < 48; half += 1) {
      app.clock.advance('30m');
      busy = await refresh(app, busy.refreshToken);
    }
    app.clock.advance('25m');
    busy = await refresh(app, busy.refreshToken);
    // No access token outlives its session.
    expect(busy.refreshExpiresIn).toBeLessThanOrEqual(300);
    expect(busy.expiresIn).toBeLessThanOrEqual(300);
    app.clock.advance('299s');
    expect(await accept(app, busy)).toBe(true);
    app.clock.advance('1s');
    expect(await accept(app, busy)).toBe(false);
    await expect(refresh(app, busy.refreshToken)).rejects.toMatchObject(REFUSED);
  });

  describe('while the session changes', () => {
    /** Whatever the order: what is alive afterwards is what the row says, and one refresh token leads on. */
    async function expectOneTruth(session: string, grants: Grant[]): Promise<SessionRow> {
      const row = await rows.findOneByOrFail({ id: session });
      for (const grant of grants) {
        const { acr, epoch, mfa } = grant.principal;
        expect(await accept(app, grant)).toBe(epoch === row.epoch);
        if (epoch === row.epoch) expect([acr, mfa?.factor ?? null]).toEqual([row.acr, row.mfaFactor]);
      }
      return row;
    }

    it('by a second factor: one pair of tokens lives', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { refreshToken, principal } = await openSession(app);
        const upgrade = async () => (await app.nest.get(Sessions).upgrade(principal, TOTP))!;
        const works = round % 2 ? [upgrade(), refresh(other, refreshToken)] : [refresh(other, refreshToken), upgrade()];
        const grants = fulfilled(await Promise.allSettled(works));
        const row = await expectOneTruth(principal.sessionId, grants);
        expect(row).toMatchObject({ acr: 'aal2', epoch: 1, refreshGeneration: 0, endedAt: null });
        await expect(refresh(app, refreshToken)).rejects.toMatchObject(REFUSED);
        const proved = grants.find((grant) => grant.principal.mfa)!;
        expect((await refresh(app, proved.refreshToken)).principal.acr).toBe('aal2');
      }
    });

    it('by two second factors: one wins', async () => {
      const { principal } = await openSession(app);
      const upgrades = [app, other].map((instance) => instance.nest.get(Sessions).upgrade(principal, TOTP));
      expect(fulfilled(await Promise.allSettled(upgrades))).toHaveLength(1);
    });

    it('by the removal of the factor: no claim survives, and the refresh token goes on', async () => {
      for (let round = 0; round < 10; round += 1) {
        const factor = { ...TOTP, id: randomId() };
        const { refreshToken, principal } = await openMfaSession(app, factor);
        const withdraw = () => app.nest.get(Sessions).withdrawFactor(principal.userId, factor.id, NO_REQUEST);
        const [, grant] =
          round % 2
            ? await Promise.all([withdraw(), refresh(other, refreshToken)])
            : (await Promise.all([refresh(other, refreshToken), withdraw()])).reverse();
        await expectOneTruth(principal.sessionId, [grant as Grant]);
        const next = await refresh(app, (grant as Grant).refreshToken);
        expect(next.principal.acr).toBe('aal1');
      }
    });

    it('by the removal of the factor and a step-up with it: the removal is not lost', async () => {
      for (let round = 0; round < 10; round += 1) {
        const factor = { ...TOTP, id: randomId() };
        const { principal } = await openMfaSession(app, factor);
        const stepUp = other.nest.get(Sessions).upgrade(principal, factor);
        const results = await Promise.allSettled([
          stepUp,
          app.nest.get(Sessions).withdrawFactor(principal.userId, factor.id, NO_REQUEST),
        ]);
        expect(results[1].status).toBe('fulfilled');
        expect(await rowOf({ principal } as Grant)).toMatchObject({ acr: 'aal1', mfaAt: null, mfaFactorId: null });
      }
    });
  });
});
