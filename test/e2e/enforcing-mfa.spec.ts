import { startApp, type TestApp } from '../support/app.js';
import { answer, bearer, enroll, login, register, registerWithEmailFactor, signInWithMfa } from '../support/people.js';

describe.each(['routes', 'enrolled', 'everyone'] as const)('MFA_ENFORCEMENT=%s', (enforcement) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ env: { MFA_ENFORCEMENT: enforcement } });
  });

  afterAll(() => app.close());

  const get = (path: string, token: string) => app.http.get(path).auth(token, bearer);

  it('asks a user without a factor accordingly', async () => {
    const { accessToken } = await login(app, await register(app));
    const { status, body } = await get('/v1/examples/signed-in', accessToken);
    expect(status).toBe(enforcement === 'everyone' ? 401 : 200);
    if (status === 401) expect(body).toMatchObject({ code: 'insufficient_user_authentication', enrolled: false });
  });

  it('asks a user with a factor accordingly', async () => {
    const { accessToken } = await login(app, await registerWithEmailFactor(app));
    const { status, body } = await get('/v1/examples/signed-in', accessToken);
    expect(status).toBe(enforcement === 'routes' ? 200 : 401);
    if (status === 401) expect(body).toMatchObject({ acrValues: 'mfa', enrolled: true });
  });

  it('lets everybody do what leads to a second factor, and out again', async () => {
    const ada = await register(app);
    const session = await login(app, ada);
    await get('/v1/auth/session', session.accessToken).expect(200);
    await get('/v1/mfa/factors', session.accessToken).expect(200);
    await enroll(app, session, { type: 'email' }, ada.email);
    const pending = await login(app, ada);
    await get(`/v1/mfa/challenges/${pending.mfa.challenge!.id}`, pending.accessToken).expect(200);
    const proved = await answer(app, pending, ada.email);
    await get('/v1/examples/signed-in', proved.accessToken).expect(200);
    await app.http.post('/v1/auth/logout').auth(proved.accessToken, bearer).expect(204);
  });

  it('asks on marked routes, whatever it is', async () => {
    await get('/v1/examples/mfa', (await login(app, await register(app))).accessToken).expect(401);
    await app.http.get('/v1/examples/public').expect(200);
  });

  it('leaves the last factor where everybody must have one', async () => {
    const ada = await registerWithEmailFactor(app);
    const { accessToken } = await signInWithMfa(app, ada);
    const { status } = await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(accessToken, bearer);
    expect(status).toBe(enforcement === 'everyone' ? 409 : 204);
  });
});
