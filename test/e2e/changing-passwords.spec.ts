import type { ServerResponse } from 'node:http';
import { QueryFailedError } from 'typeorm';
import { Sending } from '../../src/challenges/sending.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  answer,
  bearer,
  eventually,
  login,
  newPerson,
  PASSWORD,
  register,
  registerWithEmailFactor,
  signInWithMfa,
} from '../support/people.js';

const NEW_PASSWORD = 'copper wheels turn faster';

describe.each(databases)('changing passwords on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database, env: { PUBLIC_URL: 'https://id.example.com', TRUSTED_DEVICE_TTL: '30d' } });
  });

  afterEach(() => jest.restoreAllMocks());
  afterAll(() => app.close());

  const change = (accessToken: string, currentPassword = PASSWORD, newPassword = NEW_PASSWORD) =>
    app.http.post('/v1/auth/password/change').auth(accessToken, bearer).send({ currentPassword, newPassword });
  const forgot = (email: unknown) => app.http.post('/v1/auth/password/forgot').send({ email });
  const reset = (token: unknown, newPassword = NEW_PASSWORD) =>
    app.http.post('/v1/auth/password/reset').send({ token, newPassword });
  const tryLogin = ({ email }: { email: string }, password: string) =>
    app.http.post('/v1/auth/login').send({ email, password });
  const resetMails = (email: string) =>
    app.outbox.messages(email).filter(({ subject }) => subject.includes('Choose a new password'));
  const isAlive = async (accessToken: string) =>
    (await app.http.get('/v1/auth/session').auth(accessToken, bearer)).status === 200;
  const mailedToken = async (email: string, mails = 1): Promise<string> =>
    eventually(() => {
      const sent = resetMails(email);
      expect(sent).toHaveLength(mails);
      return sent[0].code!;
    });

  /** Does this when the password of the next login has just been found right. */
  function meanwhile(work: () => Promise<unknown>): void {
    const users = app.nest.get(UserStore);
    const authenticate = users.authenticate.bind(users);
    let late = false;
    jest.spyOn(users, 'authenticate').mockImplementation(async (...asked) => {
      const user = await authenticate(...asked);
      // Changing it asks for the present one, too.
      if (!late) {
        late = true;
        await work();
      }
      return user;
    });
  }

  describe('known', () => {
    it('takes the present one, keeps this session and ends all others', async () => {
      const ada = await register(app);
      const [other, mine] = [await login(app, ada), await login(app, ada)];
      await change(mine.accessToken).expect(204);
      expect([await isAlive(other.accessToken), await isAlive(mine.accessToken)]).toEqual([false, true]);
      await app.http.post('/v1/auth/refresh').send({ refreshToken: other.refreshToken }).expect(401);
      await app.http.post('/v1/auth/refresh').send({ refreshToken: mine.refreshToken }).expect(200);
      await tryLogin(ada, PASSWORD).expect(401);
      await tryLogin(ada, NEW_PASSWORD).expect(200);
    });

    it('lets no login with the old one through that is under way meanwhile', async () => {
      const ada = await register(app);
      const { accessToken } = await login(app, ada);
      meanwhile(() => change(accessToken).expect(204));
      await tryLogin(ada, PASSWORD).expect(401);
      const { body } = await app.http.get('/v1/auth/sessions').auth(accessToken, bearer).expect(200);
      expect(body).toHaveLength(1);
    });

    it('refuses a wrong one, and changes nothing', async () => {
      const ada = await register(app);
      const { accessToken } = await login(app, ada);
      const { body } = await change(accessToken, 'not the password').expect(422);
      expect(body.code).toBe('invalid_credentials');
      await tryLogin(ada, PASSWORD).expect(200);
    });

    it('counts wrong ones as a login does', async () => {
      const { accessToken } = await login(app, await register(app));
      const statuses: number[] = [];
      for (let n = 0; n < 12; n++) statuses.push((await change(accessToken, `wrong guess ${n}`)).status);
      expect(statuses.at(-1)).toBe(429);
      const { body, headers } = await change(accessToken).expect(429);
      expect([body.code, Number(headers['retry-after']) > 0]).toEqual(['too_many_attempts', true]);
    });

    it.each([
      ['short', 'x7!aB9z'],
      ['common', 'password123'],
      ['missing', undefined],
    ])('refuses a %s new one', async (_, newPassword) => {
      const { accessToken } = await login(app, await register(app));
      const body = { currentPassword: PASSWORD, newPassword };
      const answered = await app.http.post('/v1/auth/password/change').auth(accessToken, bearer).send(body).expect(400);
      expect(answered.body.errors[0].pointer).toBe('/newPassword');
    });

    it('takes a second factor of at most 5 minutes where one is enrolled', async () => {
      const ada = await registerWithEmailFactor(app);
      const pending = await login(app, ada);
      const { body } = await change(pending.accessToken).expect(401);
      expect(body).toMatchObject({ code: 'insufficient_user_authentication', maxAge: 300, enrolled: true });

      const proved = await answer(app, pending, ada.email);
      app.clock.advance('5m');
      app.clock.advance('1s');
      const stale = await change(proved.accessToken).expect(401);
      expect(stale.body).toMatchObject({ code: 'insufficient_user_authentication', maxAge: 300 });
      expect(stale.headers['www-authenticate']).toContain('max_age="300"');

      await change((await signInWithMfa(app, ada)).accessToken).expect(204);
    });

    it('kills reset links that are under way', async () => {
      const ada = await register(app);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      await change((await login(app, ada)).accessToken).expect(204);
      await reset(token, 'a third one, quite long').expect(410);
    });
  });

  describe('forgotten', () => {
    it('mails a link to our own page, whatever Host the request names', async () => {
      const ada = await register(app);
      await forgot(ada.email).set('Host', 'evil.example').set('X-Forwarded-Host', 'evil.example').expect(202);
      const token = await mailedToken(ada.email);
      const { text } = resetMails(ada.email)[0];
      expect(text).toContain(`https://id.example.com/account#token=${token}`);
      expect(text).not.toContain('evil');
      expect(Buffer.from(token, 'base64url')).toHaveLength(48);
    });

    it('signs nobody in, ends all sessions, and sets the password', async () => {
      const ada = await register(app);
      const session = await login(app, ada);
      await forgot(ada.email.toUpperCase()).expect(202);
      const { body, headers } = await reset(await mailedToken(ada.email)).expect(204);
      expect([body, headers['set-cookie']]).toEqual([{}, undefined]);
      expect(await isAlive(session.accessToken)).toBe(false);
      await app.http.post('/v1/auth/refresh').send({ refreshToken: session.refreshToken }).expect(401);
      await tryLogin(ada, PASSWORD).expect(401);
      await tryLogin(ada, NEW_PASSWORD).expect(200);
    });

    it('lets no login with the old one through that is under way meanwhile', async () => {
      const ada = await register(app);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      meanwhile(() => reset(token).expect(204));
      await tryLogin(ada, PASSWORD).expect(401);
    });

    it('leaves nothing that the old one opened, though the database is lost when the new one is set', async () => {
      const ada = await register(app);
      const { refreshToken } = await login(app, ada);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      const users = app.nest.get(UserStore);
      const setPassword = users.setPassword.bind(users);
      jest.spyOn(users, 'setPassword').mockImplementation(async (...to) => {
        await setPassword(...to);
        throw new QueryFailedError('', [], Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      });
      await reset(token).expect(503);
      await tryLogin(ada, NEW_PASSWORD).expect(200);
      await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(401);
    });

    it('leaves the second factor: the next login asks for it, and it still works', async () => {
      const ada = await registerWithEmailFactor(app);
      await forgot(ada.email).expect(202);
      await reset(await mailedToken(ada.email)).expect(204);
      const pending = await login(app, { ...ada, password: NEW_PASSWORD });
      expect(pending.mfa.status).toBe('required');
      await app.http.get('/v1/examples/mfa').auth(pending.accessToken, bearer).expect(401);
      expect((await answer(app, pending, ada.email)).mfa.status).toBe('satisfied');
    });

    it('trusts no device any more', async () => {
      const ada = await registerWithEmailFactor(app);
      const pending = await login(app, ada);
      const { body } = await app.http
        .post(`/v1/mfa/challenges/${pending.mfa.challenge!.id}/verify`)
        .auth(pending.accessToken, bearer)
        .send({ code: app.lastCode(ada.email), rememberDevice: true })
        .expect(200);
      const device = { deviceToken: body.deviceToken };
      const trusted = await tryLogin(ada, PASSWORD).send(device).expect(200);
      expect(trusted.body.mfa.status).toBe('trusted_device');
      app.clock.advance('61s');
      await forgot(ada.email).expect(202);
      await reset(await mailedToken(ada.email)).expect(204);
      expect((await tryLogin(ada, NEW_PASSWORD).send(device).expect(200)).body.mfa.status).toBe('required');
    });

    it('trusts none of which it is asked meanwhile', async () => {
      const ada = await registerWithEmailFactor(app);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      const pending = await login(app, ada);
      const code = app.lastCode(ada.email);
      const secondFactor = app.nest.get(SecondFactor, { strict: false });
      const verify = secondFactor.verify.bind(secondFactor);
      jest.spyOn(secondFactor, 'verify').mockImplementation(async (...asked) => {
        const session = await verify(...asked);
        await reset(token).expect(204);
        return session;
      });
      const { body } = await app.http
        .post(`/v1/mfa/challenges/${pending.mfa.challenge!.id}/verify`)
        .auth(pending.accessToken, bearer)
        .send({ code, rememberDevice: true })
        .expect(200);
      expect(body.deviceToken).toBeUndefined();
    });

    it('takes a link once, also twice at the same moment', async () => {
      const ada = await register(app);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      const both = await Promise.all([reset(token), reset(token, 'another long password')]);
      expect(both.map(({ status }) => status).sort()).toEqual([204, 410]);
      const { body } = await reset(token).expect(410);
      expect(body.code).toBe('challenge_expired');
    });

    it('takes it for 30 minutes', async () => {
      const [ada, bob] = [await register(app), await register(app)];
      await Promise.all([forgot(ada.email).expect(202), forgot(bob.email).expect(202)]);
      const [intime, late] = [await mailedToken(ada.email), await mailedToken(bob.email)];
      app.clock.advance('29m');
      await reset(intime).expect(204);
      app.clock.advance('1m');
      await reset(late).expect(410);
    });

    it('kills the older links with the one that is used', async () => {
      const ada = await register(app);
      await forgot(ada.email).expect(202);
      const first = await mailedToken(ada.email);
      app.clock.advance('61s');
      await forgot(ada.email).expect(202);
      await reset(await mailedToken(ada.email, 2)).expect(204);
      await reset(first, 'an older link must be dead').expect(410);
    });

    it('keeps a link whose new password was refused', async () => {
      const ada = await register(app);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      const { body } = await reset(token, 'password123').expect(400);
      expect(body.errors[0].pointer).toBe('/newPassword');
      await reset(token).expect(204);
    });

    it('refuses damaged tokens, and answers of other challenges, all alike', async () => {
      const ada = await register(app);
      await forgot(ada.email).expect(202);
      const token = await mailedToken(ada.email);
      const bytes = Buffer.from(token, 'base64url');
      const flipped = (at: number) => {
        const copy = Buffer.from(bytes);
        copy[at] ^= 1;
        return copy.toString('base64url');
      };
      const { body: registration } = await app.http.post('/v1/auth/register').send(newPerson()).expect(202);
      const ofRegistration = Buffer.concat([Buffer.from(registration.verification.id, 'hex'), bytes.subarray(16)]);
      const wrong = [
        flipped(0),
        flipped(16),
        flipped(47),
        ofRegistration.toString('base64url'),
        `${token}=`,
        ` ${token}`,
        token.slice(0, -1),
        `${token}AAAA`,
        (await login(app, ada)).refreshToken,
        'x',
      ];
      const answers = await Promise.all(wrong.map((one) => reset(one)));
      expect(new Set(answers.map(({ status, body: { code, title } }) => `${status} ${code} ${title}`)).size).toBe(1);
      expect(answers[0].status).toBe(410);
      await tryLogin(ada, PASSWORD).expect(200);
      await reset(token).expect(204);
    });

    it('answers alike for unknown accounts, and mails nobody', async () => {
      const [ada, stranger] = [await register(app), newPerson()];
      const answers = await Promise.all([ada.email, stranger.email, 'not an address'].map((email) => forgot(email)));
      expect(answers.map(({ status, text }) => [status, text])).toEqual(Array(3).fill([202, '']));
      await mailedToken(ada.email);
      expect(app.outbox.messages(stranger.email)).toEqual([]);
    });

    it('begins its work when the answer is out: its time must not tell', async () => {
      const ada = await register(app);
      const sending = app.nest.get(Sending);
      const take = sending.take.bind(sending);
      let answer: ServerResponse | undefined;
      app.nest.getHttpServer().once('request', (_, response: ServerResponse) => (answer = response));
      let wasOut: boolean | undefined;
      jest.spyOn(sending, 'take').mockImplementationOnce((...message) => {
        wasOut = answer?.writableFinished;
        return take(...message);
      });
      await forgot(ada.email).expect(202);
      await mailedToken(ada.email);
      expect(wasOut).toBe(true);
      jest.restoreAllMocks();
    });

    it('mails once a minute', async () => {
      const ada = await register(app);
      for (let n = 0; n < 3; n++) await forgot(ada.email).expect(202);
      await mailedToken(ada.email, 1);
      app.clock.advance('61s');
      await forgot(ada.email).expect(202);
      await mailedToken(ada.email, 2);
    });

    it('takes one address, as text', async () => {
      for (const email of [['a@example.com', 'b@example.com'], { email: 'a@example.com' }, null, 7])
        await forgot(email).expect(400);
      await reset(['x']).expect(400);
    });
  });
});
