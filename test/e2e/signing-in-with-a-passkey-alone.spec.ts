import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { answer, bearer, enroll, register, login } from '../support/people.js';
import { enrollKey, type KeyOwner, passkeyOptions, registerWithKey, SecurityKey } from '../support/security-key.js';

describe.each(databases)('signing in with a passkey alone on $name', (database) => {
  let app: TestApp;
  let ada: KeyOwner;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  beforeEach(async () => {
    ada = await registerWithKey(app);
  });

  const signIn = (challengeId: string, credential: object) =>
    app.http.post('/v1/auth/passkey').send({ challengeId, credential });

  async function refused(challengeId: string, credential: object): Promise<void> {
    const { body, headers } = await signIn(challengeId, credential).expect(401);
    // Word for word the same, whatever is wrong.
    expect(body).toEqual({
      type: 'urn:stepgate:problem:invalid_credentials',
      title: 'The passkey is not known here, or its answer is not right.',
      status: 401,
      code: 'invalid_credentials',
      instance: '/v1/auth/passkey',
      requestId: expect.any(String),
    });
    expect(headers['www-authenticate']).toBe('Bearer');
  }

  it('asks for any passkey of this site, verified, and names nobody', async () => {
    const { body, headers } = await app.http.post('/v1/auth/passkey/options').expect(201);
    expect(body).toEqual({
      challengeId: expect.stringMatching(/^[0-9a-f]{32}$/),
      expiresAt: new Date(app.clock.now().getTime() + 300_000).toISOString(),
      publicKey: {
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        rpId: 'localhost',
        allowCredentials: [],
        userVerification: 'required',
        timeout: 300_000,
      },
    });
    expect(headers['cache-control']).toBe('no-store');
  });

  it('opens a session that has proved a phishing-resistant second factor', async () => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    const { body, headers } = await signIn(challengeId, ada.key.get(publicKey)).expect(200);
    expect(body).toMatchObject({ tokenType: 'Bearer', mfa: { status: 'satisfied' } });
    expect(headers['cache-control']).toBe('no-store');

    const { body: claims } = await app.http.get('/v1/auth/session').auth(body.accessToken, bearer).expect(200);
    const now = Math.floor(app.clock.now().getTime() / 1_000);
    expect(claims).toMatchObject({
      acr: 'phr',
      amr: ['swk', 'user', 'mfa'],
      auth_time: now,
      mfa: { at: now, factor: 'webauthn' },
    });
    for (const route of ['mfa', 'mfa-fresh', 'phishing-resistant'])
      await app.http.get(`/v1/examples/${route}`).auth(body.accessToken, bearer).expect(200);
  });

  it('keeps what was proved when the session is refreshed', async () => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    const { body } = await signIn(challengeId, ada.key.get(publicKey)).expect(200);
    const refreshed = await app.http.post('/v1/auth/refresh').send({ refreshToken: body.refreshToken }).expect(200);
    expect(refreshed.body.mfa).toEqual({ status: 'satisfied' });
    await app.http.get('/v1/examples/phishing-resistant').auth(refreshed.body.accessToken, bearer).expect(200);
  });

  it('never claims a password, also after a step-up with another factor', async () => {
    const person = await register(app);
    const factorId = await enroll(app, await login(app, person), { type: 'email' }, person.email);
    const key = new SecurityKey();
    await enrollKey(app, await answer(app, await login(app, person), person.email), key);
    const { challengeId, publicKey } = await passkeyOptions(app);
    const { body: session } = await signIn(challengeId, key.get(publicKey)).expect(200);

    const started = await app.http
      .post('/v1/mfa/challenges')
      .auth(session.accessToken, bearer)
      .send({ factorId })
      .expect(201);
    const stepped = await answer(app, { ...session, mfa: { challenge: started.body } }, person.email);
    const { body: claims } = await app.http.get('/v1/auth/session').auth(stepped.accessToken, bearer).expect(200);
    expect(claims).toMatchObject({ acr: 'mfa', amr: ['swk', 'user', 'otp', 'mfa'] });
  });

  it('takes one answer for a challenge, right or wrong', async () => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    const credential = ada.key.get(publicKey);
    await signIn(challengeId, credential).expect(200);
    await refused(challengeId, credential);
    await refused(challengeId, ada.key.get(publicKey));

    const second = await passkeyOptions(app);
    await refused(second.challengeId, credential);
    await refused(second.challengeId, ada.key.get(second.publicKey));
  });

  it.each<[string, (key: SecurityKey, publicKey: object) => object]>([
    ['no user verification', (key, publicKey) => key.get(publicKey, undefined, { verifiesUser: false })],
    ['another origin', (key, publicKey) => key.get(publicKey, 'http://localhost:3001')],
    ['no user handle', (key, publicKey) => withHandle(key.get(publicKey), undefined)],
    ['the user handle of somebody else', (key, publicKey) => withHandle(key.get(publicKey), 'AAAA')],
    ['an unknown credential', (key, publicKey) => ({ ...key.get(publicKey), id: 'AAAA', rawId: 'AAAA' })],
    ['nothing in it', () => ({})],
  ])('refuses an answer with %s', async (_, make) => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    await refused(challengeId, make(ada.key, publicKey));
  });

  it('refuses a counter that has not grown', async () => {
    const first = await passkeyOptions(app);
    await signIn(first.challengeId, ada.key.get(first.publicKey)).expect(200);
    const second = await passkeyOptions(app);
    await refused(second.challengeId, ada.key.get(second.publicKey, undefined, { countsBy: 0 }));
  });

  it('refuses what comes after five minutes, and challenges that are none of these', async () => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    app.clock.advance('5m');
    await refused(challengeId, ada.key.get(publicKey));
    await refused('0'.repeat(32), ada.key.get(publicKey));

    const pending = await login(app, ada);
    const challenge = pending.mfa.challenge!;
    await refused(challenge.id, ada.key.get(challenge.publicKey!));
  });

  it('cannot be answered for a login: that asks for the session', async () => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    const pending = await login(app, ada);
    await app.http
      .post(`/v1/mfa/challenges/${challengeId}/verify`)
      .auth(pending.accessToken, bearer)
      .send({ credential: ada.key.get(publicKey) })
      .expect(404);
  });

  it('refuses a key that was removed; the sessions that it opened end', async () => {
    const open = await passkeyOptions(app);
    const { body: session } = await signIn(open.challengeId, ada.key.get(open.publicKey)).expect(200);
    await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(session.accessToken, bearer).expect(204);

    await app.http.get('/v1/examples/signed-in').auth(session.accessToken, bearer).expect(401);
    await app.http.post('/v1/auth/refresh').send({ refreshToken: session.refreshToken }).expect(401);
    const { challengeId, publicKey } = await passkeyOptions(app);
    await refused(challengeId, ada.key.get(publicKey));
  });

  it('ends with the key also where another factor was proved since', async () => {
    const person = await register(app);
    const email = await enroll(app, await login(app, person), { type: 'email' }, person.email);
    const key = new SecurityKey();
    const keyId = await enrollKey(app, await answer(app, await login(app, person), person.email), key);
    const { challengeId, publicKey } = await passkeyOptions(app);
    const { body: session } = await signIn(challengeId, key.get(publicKey)).expect(200);
    const started = await app.http
      .post('/v1/mfa/challenges')
      .auth(session.accessToken, bearer)
      .send({ factorId: email })
      .expect(201);
    const stepped = await answer(app, { ...session, mfa: { challenge: started.body } }, person.email);
    const byPassword = await answer(app, await login(app, person), person.email);

    await app.http.delete(`/v1/mfa/factors/${keyId}`).auth(byPassword.accessToken, bearer).expect(204);

    await app.http.get('/v1/examples/signed-in').auth(stepped.accessToken, bearer).expect(401);
    await app.http.post('/v1/auth/refresh').send({ refreshToken: stepped.refreshToken }).expect(401);
    await app.http.get('/v1/examples/mfa').auth(byPassword.accessToken, bearer).expect(200);
  });

  it('refuses a user who is disabled or gone', async () => {
    const users = app.nest.get(UserStore);
    const { id } = (await users.findByEmail(ada.email))!;
    await users.setDisabled(id, true);
    const one = await passkeyOptions(app);
    await refused(one.challengeId, ada.key.get(one.publicKey));
    await users.delete(id);
    const other = await passkeyOptions(app);
    await refused(other.challengeId, ada.key.get(other.publicKey));
  });

  it('says what is missing in the body', async () => {
    const { body } = await app.http.post('/v1/auth/passkey').send({ challengeId: 7 }).expect(400);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/challengeId', '/credential']);
  });
});

function withHandle(credential: ReturnType<SecurityKey['get']>, userHandle: string | undefined): object {
  return { ...credential, response: { ...credential.response, userHandle } };
}
