import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { answer, bearer, enroll, login, register, registerWithEmailFactor, signInWithMfa } from '../support/people.js';
import type { SessionDto } from '../../src/auth/index.js';

describe.each(databases)('stepping up to a second factor on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  const get = (path: string, { accessToken }: SessionDto) =>
    app.http.get(`/v1/examples/${path}`).auth(accessToken, bearer);
  const claimsOf = async ({ accessToken }: SessionDto) =>
    (await app.http.get('/v1/auth/session').auth(accessToken, bearer).expect(200)).body;
  const startChallenge = ({ accessToken }: SessionDto, factorId?: string) =>
    app.http.post('/v1/mfa/challenges').auth(accessToken, bearer).send({ factorId });
  const refresh = async ({ refreshToken }: SessionDto): Promise<SessionDto> =>
    (await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200)).body;
  const stepUp = async (session: SessionDto, to: string, factorId?: string): Promise<SessionDto> => {
    const { body: challenge } = await startChallenge(session, factorId).expect(201);
    return answer(app, { ...session, mfa: { status: 'required', challenge } }, to);
  };
  const now = () => Math.floor(app.clock.now().getTime() / 1_000);

  it('is asked for with all that a client needs to know', async () => {
    const pending = await login(app, await registerWithEmailFactor(app));
    const { body, headers } = await get('mfa-fresh', pending).expect(401);
    expect(headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="mfa", max_age="300"',
    );
    expect(body).toEqual({
      type: 'urn:stepgate:problem:insufficient_user_authentication',
      title: 'This action needs a second factor.',
      status: 401,
      code: 'insufficient_user_authentication',
      detail: 'A different authentication level is required.',
      instance: '/v1/examples/mfa-fresh',
      requestId: expect.any(String),
      acrValues: 'mfa',
      maxAge: 300,
      enrolled: true,
    });
  });

  it('tells who has no factor that he has none', async () => {
    const session = await login(app, await register(app));
    expect((await get('mfa', session).expect(401)).body).toMatchObject({ enrolled: false });
    const { body } = await startChallenge(session).expect(409);
    expect(body.code).toBe('conflict');
  });

  it('opens the route again when the second factor has become too old; the times in the token are true', async () => {
    const ada = await registerWithEmailFactor(app);
    const signedInAt = now();
    let session = await signInWithMfa(app, ada);
    await get('mfa-fresh', session).expect(200);
    app.clock.advance('299s');
    await get('mfa-fresh', session).expect(200);
    app.clock.advance('2s');
    const { body } = await get('mfa-fresh', session).expect(401);
    expect(body).toMatchObject({ detail: 'More recent authentication is required.', maxAge: 300 });
    expect(body).not.toHaveProperty('acrValues');
    await get('mfa', session).expect(200);

    session = await stepUp(session, ada.email);
    await get('mfa-fresh', session).expect(200);
    expect(await claimsOf(session)).toMatchObject({
      auth_time: signedInAt,
      acr: 'mfa',
      mfa: { at: now(), factor: 'email' },
    });
  });

  it('is not made younger by a refresh', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await signInWithMfa(app, ada);
    const { auth_time, mfa, acr, amr } = await claimsOf(session);
    app.clock.advance('5m');
    app.clock.advance('1s');
    const refreshed = await refresh(session);
    expect(refreshed.mfa).toEqual({ status: 'satisfied' });
    expect(await claimsOf(refreshed)).toMatchObject({ auth_time, mfa, acr, amr });
    await get('mfa', refreshed).expect(200);
    await get('mfa-fresh', refreshed).expect(401);
  });

  it('is not reached by refreshing a login that proved no factor', async () => {
    const pending = await login(app, await registerWithEmailFactor(app));
    const refreshed = await refresh(pending);
    expect(refreshed.mfa).toEqual({ status: 'required' });
    expect(await claimsOf(refreshed)).not.toHaveProperty('mfa');
    await get('mfa', refreshed).expect(401);
  });

  it('kills the tokens that it replaces', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await signInWithMfa(app, ada);
    const proved = await stepUp(session, ada.email);
    await get('signed-in', session).expect(401);
    await app.http.post('/v1/auth/refresh').send({ refreshToken: session.refreshToken }).expect(401);
    await get('mfa-fresh', proved).expect(200);
  });

  it('reaches a higher level with a stronger factor, and the token says which', async () => {
    const session = await withBoth();
    const { body } = await get('aal2', session).expect(401);
    expect(body).toMatchObject({ acrValues: 'aal2', enrolled: true });
    const { body: factors } = await app.http.get('/v1/mfa/factors').auth(session.accessToken, bearer).expect(200);
    const sms = factors.find(({ type }: { type: string }) => type === 'sms').id as string;
    const proved = await stepUp(session, '+4915112345678', sms);
    await get('aal2', proved).expect(200);
    expect(await claimsOf(proved)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'sms', 'otp', 'mfa'] });
    expect((await get('phishing-resistant', proved).expect(401)).body).toMatchObject({ enrolled: false });
  });

  it('loses the claim with the factor', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await signInWithMfa(app, ada);
    await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(session.accessToken, bearer).expect(204);
    await get('mfa', session).expect(401);
    const refreshed = await refresh(session);
    expect(await claimsOf(refreshed)).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    await get('mfa', refreshed).expect(401);
  });

  it("takes no answer to somebody else's challenge, nor to one of another session", async () => {
    const [ada, eve] = [await registerWithEmailFactor(app), await registerWithEmailFactor(app)];
    const [hers, mine, other] = [await login(app, ada), await login(app, eve), await login(app, ada)];
    const { id } = hers.mfa.challenge!;
    for (const { accessToken } of [mine, other]) {
      const { body } = await app.http
        .post(`/v1/mfa/challenges/${id}/verify`)
        .auth(accessToken, bearer)
        .send({ code: app.lastCode(ada.email) })
        .expect(404);
      expect(body.code).toBe('not_found');
    }
  });

  /** Signed in with e-mail, and an SMS factor beside. */
  async function withBoth(): Promise<SessionDto> {
    const ada = await registerWithEmailFactor(app);
    const session = await signInWithMfa(app, ada);
    await enroll(app, session, { type: 'sms', phoneNumber: '+4915112345678' }, '+4915112345678');
    return session;
  }
});

describe.each([
  ['routes', { pending: 200, none: 200 }],
  ['enrolled', { pending: 401, none: 200 }],
  ['everyone', { pending: 401, none: 401 }],
])('with MFA_ENFORCEMENT=%s', (enforcement, expected) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ env: { MFA_ENFORCEMENT: enforcement } });
  });

  afterAll(() => app.close());

  const signedIn = ({ accessToken }: SessionDto) => app.http.get('/v1/examples/signed-in').auth(accessToken, bearer);

  it('an ordinary route is as open as that says', async () => {
    const none = await login(app, await register(app));
    const ada = await registerWithEmailFactor(app);
    const pending = await login(app, ada);
    expect((await signedIn(none)).status).toBe(expected.none);
    expect((await signedIn(pending)).status).toBe(expected.pending);
    await signedIn(await answer(app, pending, ada.email)).expect(200);
  });
});
