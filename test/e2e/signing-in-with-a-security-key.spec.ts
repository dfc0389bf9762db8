import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { bearer, enroll, login, register } from '../support/people.js';
import {
  answerWith,
  beginEnrollment,
  enrollKey,
  type KeyOwner,
  registerWithKey,
  SecurityKey,
  signInWithKey,
} from '../support/security-key.js';

describe.each(databases)('signing in with a security key on $name', (database) => {
  let app: TestApp;
  let ada: KeyOwner;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  beforeEach(async () => {
    ada = await registerWithKey(app);
  });

  async function refusedAnswer(credential: object): Promise<void> {
    const { body } = await answerWith(app, await login(app, ada), credential).expect(422);
    expect(body).toMatchObject({ code: 'invalid_code', title: 'The code is not right.', attemptsLeft: 4 });
  }

  describe('enrolment', () => {
    it('asks the browser for a verified, discoverable credential of this site', async () => {
      const { publicKey } = await beginEnrollment(app, await signInWithKey(app, ada));

      expect(publicKey).toMatchObject({
        rp: { id: 'localhost', name: 'Stepgate' },
        user: { name: ada.email, displayName: ada.email },
        attestation: 'none',
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ alg, type: 'public-key' })),
        excludeCredentials: [{ type: 'public-key', transports: ['usb'] }],
      });
      const { challenge, user } = publicKey as { challenge: string; user: { id: string } };
      expect(Buffer.from(challenge, 'base64url')).toHaveLength(32);
      expect(Buffer.from(user.id, 'base64url')).toHaveLength(32);
    });

    it('lists the key, and never what it keeps of it', async () => {
      const { accessToken } = await signInWithKey(app, ada);
      const { body } = await app.http.get('/v1/mfa/factors').auth(accessToken, bearer).expect(200);
      expect(body).toEqual([
        {
          id: ada.factorId,
          type: 'webauthn',
          status: 'active',
          label: 'Blue key',
          preferred: true,
          createdAt: expect.any(String),
          lastUsedAt: expect.any(String),
        },
      ]);
    });

    it.each<[string, (key: SecurityKey, publicKey: object) => object]>([
      ['no user verification', (key, publicKey) => key.create(publicKey, undefined, { verifiesUser: false })],
      ['another origin', (key, publicKey) => key.create(publicKey, 'http://localhost:3001')],
      ['the challenge of another enrolment', (key, publicKey) => key.create({ ...publicKey, challenge: 'AAAA' })],
      ['nothing in it', () => ({})],
    ])('refuses a credential with %s', async (_, make) => {
      const grace = await login(app, await register(app));
      const { id, publicKey } = await beginEnrollment(app, grace);
      const { body } = await app.http
        .post(`/v1/mfa/factors/${id}/activate`)
        .auth(grace.accessToken, bearer)
        .send({ credential: make(new SecurityKey(), publicKey) })
        .expect(422);
      expect(body).toMatchObject({ code: 'invalid_code', attemptsLeft: 4 });
    });

    it('refuses a credential whose id is not the one that the authenticator signed for', async () => {
      const grace = await login(app, await register(app));
      const { id, publicKey } = await beginEnrollment(app, grace);
      const credential = { ...new SecurityKey().create(publicKey), id: 'AAAA', rawId: 'AAAA' };
      const activate = app.http.post(`/v1/mfa/factors/${id}/activate`).auth(grace.accessToken, bearer);
      await activate.send({ credential }).expect(422);
    });

    it('takes a challenge once', async () => {
      const grace = await login(app, await register(app));
      const { id, publicKey } = await beginEnrollment(app, grace);
      const credential = new SecurityKey().create(publicKey);
      const activate = () =>
        app.http.post(`/v1/mfa/factors/${id}/activate`).auth(grace.accessToken, bearer).send({ credential });
      await activate().expect(200);
      const { body } = await activate();
      expect(body.status).toBeGreaterThanOrEqual(401);
    });

    it('is for one user and session: nobody else can activate it', async () => {
      const [grace, eve] = [await login(app, await register(app)), await login(app, await register(app))];
      const { id, publicKey } = await beginEnrollment(app, grace);
      const credential = new SecurityKey().create(publicKey);
      await app.http
        .post(`/v1/mfa/factors/${id}/activate`)
        .auth(eve.accessToken, bearer)
        .send({ credential })
        .expect(404);
    });

    it('keeps a credential id for one user alone', async () => {
      // An authenticator that lies: it registers a credential id that it has seen elsewhere.
      const key = new SecurityKey();
      const first = await login(app, await register(app));
      const second = await login(app, await register(app));
      const [one, two] = [await beginEnrollment(app, first), await beginEnrollment(app, second)];
      const credential = key.create(one.publicKey);
      const clientDataJSON = key.create(two.publicKey).response.clientDataJSON;
      // With no attestation nothing signs the client data, so the first credential fits the second challenge.
      const copy = { ...credential, response: { ...credential.response, clientDataJSON } };

      const activate = (id: string, { accessToken }: typeof first, sent: object) =>
        app.http.post(`/v1/mfa/factors/${id}/activate`).auth(accessToken, bearer).send({ credential: sent });
      await activate(one.id, first, credential).expect(200);
      const { body } = await activate(two.id, second, copy).expect(409);
      expect(body).toMatchObject({ code: 'conflict', detail: 'This is enrolled already.' });
    });
  });

  describe('as the second factor', () => {
    it('goes from a password to a phishing-resistant session', async () => {
      const pending = await login(app, ada);
      expect(pending.mfa).toMatchObject({
        status: 'required',
        challenge: {
          factor: { id: ada.factorId, type: 'webauthn' },
          publicKey: { rpId: 'localhost', userVerification: 'required', allowCredentials: [{ type: 'public-key' }] },
        },
      });
      const { body } = await answerWith(app, pending, ada.key.get(pending.mfa.challenge!.publicKey!)).expect(200);
      expect(body.mfa).toEqual({ status: 'satisfied' });

      const { body: claims } = await app.http.get('/v1/auth/session').auth(body.accessToken, bearer).expect(200);
      expect(claims).toMatchObject({
        acr: 'phr',
        amr: ['pwd', 'swk', 'user', 'mfa'],
        mfa: { factor: 'webauthn' },
      });
      await app.http.get('/v1/examples/phishing-resistant').auth(body.accessToken, bearer).expect(200);
      await app.http.get('/v1/examples/signed-in').auth(pending.accessToken, bearer).expect(401);
    });

    it('shows the same options again to who comes back to the challenge, until it is answered', async () => {
      const pending = await login(app, ada);
      const { id, publicKey } = pending.mfa.challenge!;
      const show = (accessToken: string) => app.http.get(`/v1/mfa/challenges/${id}`).auth(accessToken, bearer);
      expect((await show(pending.accessToken).expect(200)).body.publicKey).toEqual(publicKey);
      const { body } = await answerWith(app, pending, ada.key.get(publicKey!)).expect(200);
      expect((await show(body.accessToken).expect(200)).body.publicKey).toBeUndefined();
    });

    it('gives every challenge 32 fresh random bytes', async () => {
      const ask = async () => (await login(app, ada)).mfa.challenge!.publicKey as { challenge: string };
      const [one, other] = [await ask(), await ask()];
      expect(Buffer.from(one.challenge, 'base64url')).toHaveLength(32);
      expect(one.challenge).not.toBe(other.challenge);
    });

    it('steps up again, and when asked anew takes the new challenge alone', async () => {
      const session = await signInWithKey(app, ada);
      const start = await app.http.post('/v1/mfa/challenges').auth(session.accessToken, bearer).expect(201);
      const anew = await app.http
        .post(`/v1/mfa/challenges/${start.body.id}/send`)
        .auth(session.accessToken, bearer)
        .expect(202);
      const challenged = { ...session, mfa: { status: 'required' as const, challenge: start.body } };

      app.clock.advance('10s');
      await answerWith(app, challenged, ada.key.get(start.body.publicKey)).expect(422);
      const { body } = await answerWith(app, challenged, ada.key.get(anew.body.publicKey)).expect(200);
      const { body: claims } = await app.http.get('/v1/auth/session').auth(body.accessToken, bearer).expect(200);
      expect(claims).toMatchObject({ acr: 'phr', mfa: { at: Math.floor(app.clock.now().getTime() / 1_000) } });
    });

    it('refuses an answer that was used before', async () => {
      const first = await login(app, ada);
      const credential = ada.key.get(first.mfa.challenge!.publicKey!);
      const { body } = await answerWith(app, first, credential).expect(200);
      // In the challenge that it was for, and in the next.
      await answerWith(app, { ...first, accessToken: body.accessToken }, credential).expect(410);
      await refusedAnswer(credential);
    });

    it('refuses an answer from another session of the same user', async () => {
      const [mine, other] = [await login(app, ada), await login(app, ada)];
      const credential = ada.key.get(mine.mfa.challenge!.publicKey!);
      await answerWith(app, { ...mine, accessToken: other.accessToken }, credential).expect(404);
    });

    it('refuses an answer after five minutes', async () => {
      const pending = await login(app, ada);
      const credential = ada.key.get(pending.mfa.challenge!.publicKey!);
      app.clock.advance('5m');
      await answerWith(app, pending, credential).expect(410);
    });

    it.each<[string, (key: SecurityKey, publicKey: object) => object]>([
      ['no user verification', (key, publicKey) => key.get(publicKey, undefined, { verifiesUser: false })],
      ['another origin', (key, publicKey) => key.get(publicKey, 'http://localhost:3001')],
      ['a counter that has not grown', (key, publicKey) => key.get(publicKey, undefined, { countsBy: 0 })],
      ['an id that is not its rawId, and a junk signature', (key, publicKey) => junk(key.get(publicKey))],
    ])('refuses an answer with %s', async (_, make) => {
      // One right answer first, so that there is a counter that can stand still or go back.
      await signInWithKey(app, ada);
      const pending = await login(app, ada);
      const { body } = await answerWith(app, pending, make(ada.key, pending.mfa.challenge!.publicKey!)).expect(422);
      expect(body).toMatchObject({ code: 'invalid_code', attemptsLeft: 4 });
      // And the right one still works.
      await answerWith(app, pending, ada.key.get(pending.mfa.challenge!.publicKey!, undefined, { countsBy: 5 })).expect(
        200,
      );
    });

    it('answers 422, never 500, to whatever is no credential', async () => {
      const numbers = { clientDataJSON: 1, authenticatorData: 1, signature: 1 };
      for (const credential of [
        {},
        { id: [], rawId: [], type: [], response: [] },
        { id: null, rawId: null, type: null, response: null },
        { id: 1, rawId: 1, type: 1, response: numbers },
        { id: '%', rawId: '%', type: 'public-key', response: { clientDataJSON: '%%%' } },
      ]) {
        await refusedAnswer(credential);
      }
    });

    it('refuses the key of somebody else, and leaves it usable', async () => {
      const eve = await registerWithKey(app);
      const pending = await login(app, ada);
      const { publicKey } = pending.mfa.challenge!;
      const eves = eve.key.get({ ...publicKey, allowCredentials: [] });
      await answerWith(app, pending, eves).expect(422);
      // Nor under the name of Ada's.
      const own = ada.key.get(publicKey!);
      await answerWith(app, pending, { ...own, response: eves.response }).expect(422);
      await signInWithKey(app, eve);
    });

    it('refuses a key that was removed, and its session loses what it proved', async () => {
      const session = await signInWithKey(app, ada);
      const pending = await login(app, ada);
      await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(session.accessToken, bearer).expect(204);

      await answerWith(app, pending, ada.key.get(pending.mfa.challenge!.publicKey!)).expect(410);
      await app.http.get('/v1/examples/mfa').auth(session.accessToken, bearer).expect(401);
      expect((await login(app, ada)).mfa).toEqual({ status: 'not_enrolled' });
    });

    it('can be enrolled again after it was removed', async () => {
      const session = await signInWithKey(app, ada);
      await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(session.accessToken, bearer).expect(204);
      const key = new SecurityKey();
      await enrollKey(app, await login(app, ada), key);
      await signInWithKey(app, { ...ada, key });
    });

    it('is offered before a weaker factor, and after a preferred one', async () => {
      const person = await register(app);
      await enroll(app, await login(app, person), { type: 'email' }, person.email);
      const pending = await login(app, person);
      const code = app.lastCode(person.email);
      const { body: session } = await app.http
        .post(`/v1/mfa/challenges/${pending.mfa.challenge!.id}/verify`)
        .auth(pending.accessToken, bearer)
        .send({ code })
        .expect(200);
      const key = new SecurityKey();
      const factorId = await enrollKey(app, session, key);

      const { mfa } = await login(app, person);
      expect(mfa.challenge!.factors.map(({ type }) => type)).toEqual(['email', 'webauthn', 'recovery_code']);
      const switched = await app.http
        .post('/v1/mfa/challenges')
        .auth(session.accessToken, bearer)
        .send({ factorId })
        .expect(201);
      expect(switched.body.publicKey).toMatchObject({ rpId: 'localhost' });
    });
  });
});

/** GitLab CVE-2026-0723. */
function junk(credential: ReturnType<SecurityKey['get']>): object {
  return { ...credential, rawId: 'AAAA', response: { ...credential.response, signature: 'AAAA' } };
}
