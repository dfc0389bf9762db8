import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { answer, bearer, enroll, login, registerWithEmailFactor, signInWithMfa } from '../support/people.js';
import { newPhoneNumber } from '../support/second-factors.js';

describe.each(databases)('signing in with a second factor on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  it('goes from a password to a token with the MFA claim', async () => {
    const ada = await registerWithEmailFactor(app);

    const pending = await login(app, ada);
    expect(pending.mfa).toMatchObject({ status: 'required', challenge: { status: 'pending', attemptsLeft: 5 } });
    await app.http.get('/v1/examples/signed-in').auth(pending.accessToken, bearer).expect(200);
    await app.http.get('/v1/examples/mfa').auth(pending.accessToken, bearer).expect(401);

    const proved = await answer(app, pending, ada.email);
    expect(proved.mfa).toEqual({ status: 'satisfied' });
    await app.http.get('/v1/examples/mfa').auth(proved.accessToken, bearer).expect(200);
    await app.http.get('/v1/examples/signed-in').auth(pending.accessToken, bearer).expect(401);
  });

  it('switches to another factor, and back, over one challenge', async () => {
    const ada = await registerWithEmailFactor(app);
    const number = newPhoneNumber();
    const smsId = await enroll(app, await signInWithMfa(app, ada), { type: 'sms', phoneNumber: number }, number);
    const session = await login(app, ada);
    const { id, factors } = session.mfa.challenge!;
    expect(factors.map((factor) => factor.type).sort()).toEqual(['email', 'recovery_code', 'sms']);
    const byMail = app.lastCode(ada.email);

    const switched = await app.http
      .post(`/v1/mfa/challenges/${id}/send`)
      .auth(session.accessToken, bearer)
      .send({ factorId: smsId })
      .expect(202);
    expect(switched.body).toMatchObject({ id, factor: { id: smsId, type: 'sms' }, delivery: 'sent' });
    const verify = (code: string) =>
      app.http.post(`/v1/mfa/challenges/${id}/verify`).auth(session.accessToken, bearer).send({ code });
    expect((await verify(byMail).expect(422)).body).toMatchObject({ code: 'invalid_code', attemptsLeft: 4 });
    const { body } = await verify(app.lastCode(number)).expect(200);
    const claims = await app.http.get('/v1/auth/session').auth(body.accessToken, bearer).expect(200);
    expect(claims.body).toMatchObject({ acr: 'aal2', amr: ['pwd', 'sms', 'otp', 'mfa'], mfa: { factor: 'sms' } });
    await app.http.get('/v1/examples/aal2').auth(body.accessToken, bearer).expect(200);
  });

  it('sends again once a minute, and says when', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await login(app, ada);
    const send = () =>
      app.http.post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/send`).auth(session.accessToken, bearer);
    const early = await send().expect(429);
    expect(early.headers['retry-after']).toBe('60');
    expect(early.body).toMatchObject({ code: 'too_many_requests' });
    app.clock.advance('1m');
    await send().expect(202);
  });

  it('steps up: a new proof makes a new token, and the one before it is dead, its refresh token too', async () => {
    const ada = await registerWithEmailFactor(app);
    const first = await signInWithMfa(app, ada);
    app.clock.advance('6m');
    await app.http
      .get('/v1/examples/mfa-fresh')
      .auth(first.accessToken, bearer)
      .expect(401, /"maxAge":300/);
    const asked = await app.http.post('/v1/mfa/challenges').auth(first.accessToken, bearer).expect(201);
    const { body: second } = await app.http
      .post(`/v1/mfa/challenges/${asked.body.id}/verify`)
      .auth(first.accessToken, bearer)
      .send({ code: app.lastCode(ada.email) })
      .expect(200);
    await app.http.get('/v1/examples/mfa-fresh').auth(second.accessToken, bearer).expect(200);
    await app.http
      .get('/v1/auth/session')
      .auth(first.accessToken, bearer)
      .expect(401, /"invalid_token"/);
    await app.http.post('/v1/auth/refresh').send({ refreshToken: first.refreshToken }).expect(401);
  });

  it('says the truth of a code that was not sent for want of budget', async () => {
    const ada = await registerWithEmailFactor(app);
    for (let i = 0; i < 5; i++) await login(app, ada);
    const session = await login(app, ada);
    const { challenge } = session.mfa;
    expect(challenge).toMatchObject({ delivery: 'failed', resendAt: expect.any(String) as string });
    const shown = await app.http
      .get(`/v1/mfa/challenges/${challenge!.id}`)
      .auth(session.accessToken, bearer)
      .expect(200);
    expect(shown.body).toEqual(challenge);
  });
});
