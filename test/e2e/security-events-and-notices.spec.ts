import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Audit } from '../../src/audit/audit.service.js';
import type { SessionDto } from '../../src/auth/index.js';
import { CommonProblem } from '../../src/kernel/problem.js';
import { Accounts } from '../../src/mfa/index.js';
import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  answer,
  bearer,
  enroll,
  eventually,
  login,
  PASSWORD,
  type Person,
  register,
  registerWithEmailFactor,
  signInWithMfa,
} from '../support/people.js';

interface Event {
  readonly type: string;
  readonly outcome: string;
  readonly factorType?: string;
}

describe.each(databases)('security events and notices on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  const events = async ({ accessToken }: Pick<SessionDto, 'accessToken'>, query = ''): Promise<Event[]> =>
    (await app.http.get(`/v1/auth/events${query}`).auth(accessToken, bearer).expect(200)).body.events;
  const types = async (session: Pick<SessionDto, 'accessToken'>) =>
    (await events(session, '?limit=100')).map(({ type }) => type).reverse();
  const notices = ({ email }: Person, subject: string) =>
    app.outbox.messages(email).filter((message) => message.subject.includes(subject));
  const told = (person: Person, subject: string, times = 1) =>
    eventually(() => expect(notices(person, subject)).toHaveLength(times));
  const guessWrong = ({ accessToken, mfa }: SessionDto, code = '000000') =>
    app.http.post(`/v1/mfa/challenges/${mfa.challenge!.id}/verify`).auth(accessToken, bearer).send({ code });
  const wrong = (code: string) => (code === '000000' ? '000001' : '000000');

  describe('are recorded', () => {
    it('from registration to the second factor, oldest last', async () => {
      const ada = await registerWithEmailFactor(app);
      const session = await signInWithMfa(app, ada);
      expect(await types(session)).toEqual([
        'email.verified',
        'login.succeeded',
        'factor.enrolled',
        'challenge.issued',
        'challenge.sent',
        'factor.activated',
        'recovery_codes.created',
        'login.succeeded',
        'challenge.issued',
        'challenge.sent',
        'mfa.verified',
      ]);
    });

    it('with all that happened, and from where', async () => {
      const ada = await register(app);
      const { email, password } = ada;
      const { body: session } = await app.http
        .post('/v1/auth/login')
        .set({ 'User-Agent': 'Firefox', 'X-Request-Id': 'r-1' })
        .send({ email, password })
        .expect(200);
      const [newest] = await events(session);
      expect(newest).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        at: app.clock.now().toISOString(),
        type: 'login.succeeded',
        outcome: 'success',
        sessionId: expect.stringMatching(/^[0-9a-f]{32}$/),
        ip: '127.0.0.1',
        device: 'Firefox',
      });
    });

    it('when something fails', async () => {
      const ada = await registerWithEmailFactor(app);
      await app.http.post('/v1/auth/login').send({ email: ada.email, password: 'wrong wrong wrong' }).expect(401);
      const pending = await login(app, ada);
      await guessWrong(pending, wrong(app.lastCode(ada.email))).expect(422);
      await app.http.get('/v1/examples/mfa').auth(pending.accessToken, bearer).expect(401);
      await app.http.post('/v1/mfa/factors').auth(pending.accessToken, bearer).send({ type: 'email' }).expect(401);
      const session = await answer(app, pending, ada.email);
      await app.http
        .post('/v1/auth/password/change')
        .auth(session.accessToken, bearer)
        .send({ currentPassword: 'wrong wrong wrong', newPassword: 'copper wheels turn faster' })
        .expect(422);
      const failures = (await events(session)).filter(({ outcome }) => outcome === 'failure');
      expect(failures.map(({ type }) => type).reverse()).toEqual([
        'login.failed',
        'mfa.failed',
        'mfa.insufficient',
        'mfa.insufficient',
        'password.change.failed',
      ]);
    });

    it('but not a login whose password nobody had the time to look at', async () => {
      const ada = await register(app);
      jest.spyOn(app.nest.get(UserStore), 'authenticate').mockRejectedValueOnce(CommonProblem.unavailable());
      await app.http.post('/v1/auth/login').send({ email: ada.email, password: PASSWORD }).expect(503);
      expect(await types(await login(app, ada))).toEqual(['email.verified', 'login.succeeded']);
    });

    it('once a minute for each session and requirement when a token proves too little, however often it is tried', async () => {
      const ada = await registerWithEmailFactor(app);
      const [one, two] = [await login(app, ada), await login(app, ada)];
      const knock = async ({ accessToken }: SessionDto, route: string) => {
        for (let n = 0; n < 20; n++) await app.http.get(`/v1/examples/${route}`).auth(accessToken, bearer).expect(401);
      };
      const refusals = async () => (await types(one)).filter((type) => type === 'mfa.insufficient').length;
      await knock(one, 'mfa');
      expect(await refusals()).toBe(1);
      await knock(one, 'aal2');
      await knock(one, 'mfa-fresh');
      await knock(two, 'mfa');
      expect(await refusals()).toBe(4);
      app.clock.advance('59s');
      await knock(one, 'mfa');
      expect(await refusals()).toBe(4);
      app.clock.advance('1s');
      await knock(one, 'mfa');
      expect(await refusals()).toBe(5);
    });

    it('when sessions end, factors change and refresh tokens are reused', async () => {
      const ada = await registerWithEmailFactor(app);
      const stolen = await login(app, ada);
      const { refreshToken } = stolen;
      const { body: next } = await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200);
      app.clock.advance('11s');
      await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(401);
      await app.http.post('/v1/auth/refresh').send({ refreshToken: next.refreshToken }).expect(401);
      const session = await signInWithMfa(app, ada);
      const path = `/v1/mfa/factors/${ada.factorId}`;
      await app.http.patch(path).auth(session.accessToken, bearer).send({ label: 'Mail' }).expect(200);
      await app.http.delete(path).auth(session.accessToken, bearer).expect(204);
      await app.http
        .post('/v1/auth/logout')
        .auth((await login(app, ada)).accessToken, bearer)
        .expect(204);
      const seen = await types(await login(app, ada));
      expect(seen).toEqual(expect.arrayContaining(['session.ended', 'refresh.reused', 'factor.changed']));
      expect(seen.filter((type) => type === 'refresh.reused')).toHaveLength(1);
      expect(seen.slice(-5)).toEqual([
        'factor.changed',
        'factor.removed',
        'login.succeeded',
        'session.ended',
        'login.succeeded',
      ]);
    });

    it('and shown to nobody else, page by page', async () => {
      const [ada, eve] = [await register(app), await register(app)];
      for (let n = 0; n < 4; n++) await login(app, ada);
      const session = await login(app, ada);
      const page = async (query: string) =>
        (await app.http.get(`/v1/auth/events${query}`).auth(session.accessToken, bearer).expect(200)).body;
      const all = await page('?limit=100');
      expect(all).not.toHaveProperty('next');
      const first = await page('?limit=4');
      const second = await page(`?limit=4&cursor=${first.next}`);
      expect([...first.events, ...second.events]).toEqual(all.events);
      expect(second).not.toHaveProperty('next');
      expect(await types(await login(app, eve))).toEqual(['email.verified', 'login.succeeded']);
    });

    it.each(['?limit=0', '?limit=101', '?limit=x', '?cursor=x', '?limit=1&limit=2', '?userId=x'])(
      'and nonsense is refused: %s',
      async (query) => {
        const { accessToken } = await login(app, await register(app));
        await app.http.get(`/v1/auth/events${query}`).auth(accessToken, bearer).expect(400);
      },
    );
  });

  describe('are told to the user by mail', () => {
    it('when a factor was added or removed', async () => {
      const ada = await registerWithEmailFactor(app);
      await told(ada, 'A second factor was added');
      const { accessToken } = await signInWithMfa(app, ada);
      await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(accessToken, bearer).expect(204);
      await told(ada, 'A second factor was removed');
    });

    it('with when, from where, by what, and what to do; and no link that the request could have chosen', async () => {
      const ada = await register(app);
      const { accessToken } = await login(app, ada);
      await app.http
        .post('/v1/auth/password/change')
        .auth(accessToken, bearer)
        .set({ 'User-Agent': 'Fire<b>fox</b> http://evil.example/', Host: 'evil.example' })
        .send({ currentPassword: PASSWORD, newPassword: 'copper wheels turn faster' })
        .expect(204);
      await told(ada, 'Your password was changed');
      const { text } = notices(ada, 'Your password was changed')[0];
      expect(text).toContain(`When: ${app.clock.now().toISOString().slice(0, 16).replace('T', ' ')} UTC`);
      expect(text).toContain('From: 127.0.0.1');
      expect(text).toContain('Device: Firebfox/b http//evil.example/');
      expect(text).toContain('If it was not you');
      expect(text).not.toMatch(/https?:|<|>/);
    });

    it('when somebody with the password fails at the second factor: at the third wrong answer, over challenges', async () => {
      const ada = await registerWithEmailFactor(app);
      for (const [n, expected] of [0, 0, 1, 1].entries()) {
        if (n === 2) app.clock.advance('11m');
        const pending = await login(app, ada);
        await guessWrong(pending, wrong(app.lastCode(ada.email))).expect(422);
        await told(ada, 'Somebody fails at your second factor', expected);
      }
    });

    it('when a refresh token was reused', async () => {
      const ada = await register(app);
      const { refreshToken } = await login(app, ada);
      await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200);
      app.clock.advance('11s');
      for (let n = 0; n < 2; n++) await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(401);
      await told(ada, 'A session was ended for your safety');
    });

    it.each([
      ['factor.disabled', 'A second factor was disabled'],
      ['recovery_code.used', 'A recovery code was used'],
    ] as const)('on %s', async (type, subject) => {
      const ada = await register(app);
      const { accessToken } = await login(app, ada);
      const { sub } = (await app.http.get('/v1/auth/session').auth(accessToken, bearer).expect(200)).body;
      app.nest.get(Audit).record({ type, userId: sub }, NO_REQUEST);
      await told(ada, subject);
    });

    it('but not for a login, a new label or a preference', async () => {
      const ada = await registerWithEmailFactor(app);
      await told(ada, 'A second factor was added');
      const { accessToken } = await signInWithMfa(app, ada);
      const before = app.outbox.messages(ada.email).length;
      await app.http
        .patch(`/v1/mfa/factors/${ada.factorId}`)
        .auth(accessToken, bearer)
        .send({ label: 'Mail', preferred: true })
        .expect(200);
      await app.nest.get(Audit).flush();
      expect(app.outbox.messages(ada.email)).toHaveLength(before);
    });
  });

  describe('what an administrator does', () => {
    const idOf = async ({ accessToken }: SessionDto): Promise<string> =>
      (await app.http.get('/v1/auth/session').auth(accessToken, bearer).expect(200)).body.sub;
    const isAlive = async ({ accessToken }: SessionDto) =>
      (await app.http.get('/v1/auth/session').auth(accessToken, bearer)).status === 200;
    const refresh = ({ refreshToken }: SessionDto) => app.http.post('/v1/auth/refresh').send({ refreshToken });
    const tryLogin = ({ email, password }: Person) => app.http.post('/v1/auth/login').send({ email, password });
    const accounts = () => app.nest.get(Accounts);

    it('disabling ends all sessions, and lets nobody in until enabled', async () => {
      const ada = await register(app);
      const sessions = [await login(app, ada), await login(app, ada)] as const;
      const id = await idOf(sessions[0]);
      await accounts().disable(id, NO_REQUEST);
      expect(await Promise.all(sessions.map(isAlive))).toEqual([false, false]);
      await refresh(sessions[0]).expect(401);
      const { body } = await tryLogin(ada).expect(401);
      expect(body.code).toBe('invalid_credentials');
      app.clock.advance('61s');
      const mails = app.outbox.messages(ada.email).length;
      await app.http.post('/v1/auth/password/forgot').send({ email: ada.email }).expect(202);
      await app.nest.get(Audit).flush();
      expect(app.outbox.messages(ada.email)).toHaveLength(mails);

      await accounts().enable(id, NO_REQUEST);
      await refresh(sessions[1]).expect(401);
      const seen = await types((await tryLogin(ada).expect(200)).body);
      expect(seen).toEqual(expect.arrayContaining(['user.disabled', 'user.enabled', 'login.failed']));
      expect(seen.filter((type) => type === 'session.ended')).toHaveLength(2);
    });

    it("is felt at the next refresh when the team's own store did it", async () => {
      const session = await login(app, await register(app));
      await app.nest.get(UserStore).setDisabled(await idOf(session), true);
      await refresh(session).expect(401);
      expect(await isAlive(session)).toBe(false);
    });

    it('deleting does, for good', async () => {
      const ada = await registerWithEmailFactor(app);
      const session = await signInWithMfa(app, ada);
      await accounts().delete(await idOf(session), NO_REQUEST);
      expect(await isAlive(session)).toBe(false);
      await refresh(session).expect(401);
      await tryLogin(ada).expect(401);
    });

    it('resetting his MFA removes all factors, tells him, and the next login asks for none', async () => {
      const ada = await registerWithEmailFactor(app);
      const session = await signInWithMfa(app, ada);
      await enroll(app, session, { type: 'sms', phoneNumber: '+4915112345678' }, '+4915112345678');
      await accounts().resetMfa(await idOf(session), NO_REQUEST);
      expect(await isAlive(session)).toBe(false);
      await refresh(session).expect(401);
      expect((await login(app, ada)).mfa).toEqual({ status: 'not_enrolled' });
      await told(ada, 'A second factor was removed');
    });
  });
});
