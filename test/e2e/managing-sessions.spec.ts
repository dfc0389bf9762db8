import type { SessionDto } from '../../src/auth/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { bearer, login, register, registerWithEmailFactor, signInWithMfa, type Person } from '../support/people.js';

describe.each(databases)('managing sessions on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  const list = async ({ accessToken }: SessionDto) =>
    (await app.http.get('/v1/auth/sessions').auth(accessToken, bearer).expect(200)).body;
  const end = ({ accessToken }: SessionDto, path = '') =>
    app.http.delete(`/v1/auth/sessions${path}`).auth(accessToken, bearer);
  const isAlive = async ({ accessToken }: SessionDto) =>
    (await app.http.get('/v1/auth/session').auth(accessToken, bearer)).status === 200;
  const canRefresh = async ({ refreshToken }: SessionDto) =>
    (await app.http.post('/v1/auth/refresh').send({ refreshToken })).status === 200;
  const loginFrom = async (device: string, { email, password }: Person): Promise<SessionDto> =>
    (await app.http.post('/v1/auth/login').set('User-Agent', device).send({ email, password }).expect(200)).body;

  it('lists them, last used first, with what each proved', async () => {
    const ada = await registerWithEmailFactor(app);
    await end(await signInWithMfa(app, ada)).expect(204);
    app.clock.advance('1m');
    const phone = await loginFrom('Phone', ada);
    app.clock.advance('1m');
    const laptop = await signInWithMfa(app, ada);

    const [first, second, ...rest] = await list(laptop);
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      device: expect.any(String),
      ip: '127.0.0.1',
      createdAt: app.clock.now().toISOString(),
      lastUsedAt: app.clock.now().toISOString(),
      expiresAt: app.clock.in(3_600_000).toISOString(),
      acr: 'mfa',
      amr: ['pwd', 'otp', 'mfa'],
      factor: 'email',
      current: true,
    });
    expect(second).toMatchObject({ device: 'Phone', acr: 'aal1', amr: ['pwd'], current: false });
    expect(second).not.toHaveProperty('factor');
    expect(rest).toHaveLength(1);
    expect((await list(phone)).map(({ current }: { current: boolean }) => current)).toEqual([false, true, false]);
  });

  it('leaves out those that were not used for an hour, or are a day old', async () => {
    const ada = await register(app);
    const old = await login(app, ada);
    app.clock.advance('59m');
    expect(await list(await login(app, ada))).toHaveLength(2);
    app.clock.advance('1m');
    expect(await list(await login(app, ada))).toHaveLength(2);
    expect(await canRefresh(old)).toBe(false);
  });

  it('tells the earlier of idle and absolute end', async () => {
    const ada = await register(app);
    let session = await login(app, ada);
    for (let hour = 0; hour < 47; hour++) {
      app.clock.advance('30m');
      const { refreshToken } = session;
      session = (await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200)).body;
    }
    app.clock.advance('1m');
    const [only] = await list(session);
    expect(only.expiresAt).toBe(new Date(Date.parse(only.createdAt) + 86_400_000).toISOString());
  });

  it('ends one, at once', async () => {
    const ada = await register(app);
    const [lost, kept] = [await loginFrom('Lost', ada), await login(app, ada)];
    const { id } = (await list(kept)).find(({ device }: { device: string }) => device === 'Lost');
    await end(kept, `/${id}`).expect(204);
    expect([await isAlive(lost), await canRefresh(lost), await isAlive(kept)]).toEqual([false, false, true]);
    const { body } = await end(kept, `/${id}`).expect(404);
    expect(body.code).toBe('not_found');
  });

  it('knows it by its id as it is spelled, and no other', async () => {
    const ada = await register(app);
    const [session, other] = [await login(app, ada), await login(app, ada)];
    const { id } = (await list(session)).find(({ current }: { current: boolean }) => !current);
    await end(session, `/${id.toUpperCase()}`).expect(404);
    expect(await isAlive(other)).toBe(true);
  });

  it("does not end somebody else's, and does not say that it exists", async () => {
    const [ada, eve] = [await login(app, await register(app)), await login(app, await register(app))];
    const [{ id }] = await list(ada);
    const { body } = await end(eve, `/${id}`).expect(404);
    expect(body.code).toBe('not_found');
    expect(await isAlive(ada)).toBe(true);
    await end(eve, '/nonsense').expect(404);
  });

  it('ends all others and keeps this one', async () => {
    const ada = await register(app);
    const [one, two, mine] = [await login(app, ada), await login(app, ada), await login(app, ada)];
    const stranger = await login(app, await register(app));
    await end(mine).expect(204);
    expect(await Promise.all([one, two, mine, stranger].map(isAlive))).toEqual([false, false, true, true]);
    expect(await Promise.all([one, two, mine].map(canRefresh))).toEqual([false, false, true]);
  });

  it('takes a token', async () => {
    const { body } = await app.http.get('/v1/auth/sessions').expect(401);
    expect(body.code).toBe('unauthenticated');
    await app.http.delete('/v1/auth/sessions').expect(401);
    await app.http.delete('/v1/auth/sessions/x').expect(401);
  });
});

it('is no part of sign-in: where a second factor is enforced, a pending login reaches no session', async () => {
  const app = await startApp({ env: { MFA_ENFORCEMENT: 'enrolled' } });
  const ada = await registerWithEmailFactor(app);
  const { accessToken } = await login(app, ada);
  await app.http.get('/v1/auth/sessions').auth(accessToken, bearer).expect(401);
  await app.http.delete('/v1/auth/sessions').auth(accessToken, bearer).expect(401);
  await app.http.get('/v1/auth/events').auth(accessToken, bearer).expect(401);
  await app.close();
});
