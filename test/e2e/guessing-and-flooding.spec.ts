import { NO_REQUEST } from '../../src/http/request-origin.js';
import type { SessionDto } from '../../src/auth/index.js';
import { Sending } from '../../src/challenges/sending.js';
import { Accounts } from '../../src/mfa/accounts.service.js';
import { Registration } from '../../src/auth/registration/registration.service.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { PasswordGuesses } from '../../src/auth/local/password-guesses.js';
import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  answer,
  as,
  bearer,
  enroll,
  eventually,
  login,
  newPerson,
  type Person,
  principalOf,
  register,
  registerWithEmailFactor,
} from '../support/people.js';
import { challengeRow, outcome } from '../support/second-factors.js';

/** A code that is not the one that was sent. */
const wrong = (right: string) => (right === '000000' ? '000001' : '000000');

describe.each(databases)('guessing and flooding on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database, env: { MFA_ENFORCEMENT: 'routes' } });
  });

  afterAll(() => app.close());

  /** Logs in and gives wrong answers to the challenge; the statuses that came back. */
  async function guess(person: Person, times: number, factorId?: string): Promise<number[]> {
    // Out of the way of the destination's own budget.
    app.clock.advance('11m');
    const session = await login(app, person);
    const id = session.mfa.challenge!.id;
    if (factorId)
      await app.http.post(`/v1/mfa/challenges/${id}/send`).auth(session.accessToken, bearer).send({ factorId });
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) {
      const code = wrong(app.lastCode(person.email));
      const { status } = await app.http
        .post(`/v1/mfa/challenges/${id}/verify`)
        .auth(session.accessToken, bearer)
        .send({ code });
      statuses.push(status);
    }
    return statuses;
  }

  describe('a second factor', () => {
    it('makes the guesser wait from the fifth wrong answer on, whatever he starts anew', async () => {
      const ada = await registerWithEmailFactor(app);
      expect(await guess(ada, 3)).toEqual([422, 422, 422]);
      expect(await guess(ada, 3)).toEqual([422, 422, 429]);

      const session = await login(app, ada);
      const verify = () =>
        app.http
          .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
          .auth(session.accessToken, bearer)
          .send({ code: app.lastCode(ada.email) });
      const refused = await verify().expect(429).expect('retry-after', '30');
      expect(refused.body).toMatchObject({ code: 'too_many_attempts' });

      app.clock.advance('30s');
      await verify().expect(200);
      expect(await guess(ada, 4)).toEqual([422, 422, 422, 422]);
    });

    it('doubles the wait with each further wrong answer', async () => {
      const ada = await registerWithEmailFactor(app);
      await guess(ada, 5);
      await guess(ada, 1);
      const session = await login(app, ada);
      await app.http
        .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
        .auth(session.accessToken, bearer)
        .send({ code: app.lastCode(ada.email) })
        .expect(429)
        .expect('retry-after', '60');
    });

    it('is disabled by a hundred wrong answers in a row, and no other factor or password with it', async () => {
      const ada = await registerWithEmailFactor(app);
      const proved = await answer(app, await login(app, ada), ada.email);
      await enroll(app, proved, { type: 'sms', phoneNumber: '+4915112345678' }, '+4915112345678');
      const rows = app.nest.get(FactorRepository);
      const factors = await rows.findAll(proved.mfa.status && principalOf(app, proved).userId);
      const email = factors.find(({ type }) => type === 'email')!;
      await rows.countFailure(email, { status: 'active', failures: 99, blockedUntil: null });
      expect(await guess(ada, 1)).toEqual([422]);

      app.clock.advance('11m');
      const session = await login(app, ada);
      expect(session.mfa.challenge!.factors.map(({ type }) => type)).toEqual(['sms', 'recovery_code']);
      await answer(app, session, '+4915112345678');
    });

    it('counts many wrong answers at the same moment exactly', async () => {
      const ada = await registerWithEmailFactor(app);
      app.clock.advance('11m');
      const session = await login(app, ada);
      const principal = principalOf(app, session);
      const { id } = session.mfa.challenge!;
      const code = wrong(app.lastCode(ada.email));
      const service = app.nest.get(SecondFactor);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 200 }, () => service.verify(principal, id, { code })),
      );
      const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.definition.code);
      expect(codes.filter((each) => each === 'invalid_code')).toHaveLength(5);
      expect(codes.filter((each) => each === 'too_many_attempts' || each === 'challenge_expired')).toHaveLength(195);
      const factors = await app.nest.get(FactorRepository).findAll(principal.userId);
      expect(factors.find(({ type }) => type === 'email')!.failures).toBe(5);
    });
  });

  describe('a password', () => {
    const attempt = ({ email }: Person, password: string) => app.http.post('/v1/auth/login').send({ email, password });

    it.each(['known', 'unknown'])(
      'of a %s account makes the guesser wait from the tenth wrong one on',
      async (kind) => {
        const ada = kind === 'known' ? await register(app) : newPerson();
        for (let time = 0; time < 10; time++) await attempt(ada, 'not the password').expect(401);
        const { body } = await attempt(ada, ada.password).expect(429).expect('retry-after', '10');
        expect(body).toMatchObject({ code: 'too_many_attempts', status: 429 });
        app.clock.advance('10s');
        await attempt(ada, ada.password).expect(kind === 'known' ? 200 : 401);
      },
    );

    it('of one account does not hold up another', async () => {
      const [ada, bob] = [await register(app), await register(app)];
      for (let time = 0; time < 11; time++) await attempt(ada, 'not the password');
      await attempt(bob, bob.password).expect(200);
    });

    it('counts failures in a row: a right one clears them', async () => {
      const ada = await register(app);
      for (let round = 0; round < 2; round++) {
        for (let time = 0; time < 9; time++) await attempt(ada, 'not the password').expect(401);
        await attempt(ada, ada.password).expect(200);
      }
    });

    it('tells nothing about more than ten guesses at the same moment', async () => {
      const { email } = newPerson();
      const guesses = app.nest.get(PasswordGuesses);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 200 }, () => guesses.settle(email, false, NO_REQUEST)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    });
  });

  describe('a registration code', () => {
    const ask = (person: Person) => app.http.post('/v1/auth/register').send(person).expect(202);
    const prove = (challengeId: string, code: string) =>
      app.http.post('/v1/auth/email/verify').send({ challengeId, code });
    /** Asks for an account. The id of the challenge, and the code when one is mailed. */
    async function asked(person: Person): Promise<{ id: string; code: string }> {
      const before = app.outbox.messages(person.email).length;
      const id: string = (await ask(person)).body.verification.id;
      await eventually(() => expect(app.outbox.messages(person.email)).toHaveLength(before + 1));
      return { id, code: app.outbox.messages(person.email)[0].code ?? '' };
    }
    /** Wrong answers to a new challenge for the address; the statuses that came back. */
    async function guessAnew(person: Person, times: number): Promise<number[]> {
      const { id, code } = await asked(person);
      const statuses: number[] = [];
      for (let time = 0; time < times; time++) statuses.push((await prove(id, wrong(code))).status);
      return statuses;
    }

    it.each(['free', 'taken'])(
      'of a %s address makes the guesser wait from the tenth wrong one on, over all challenges',
      async (kind) => {
        const ada = kind === 'free' ? newPerson() : await register(app);
        expect(await guessAnew(ada, 5)).toEqual([422, 422, 422, 422, 422]);
        expect(await guessAnew(ada, 5)).toEqual([422, 422, 422, 422, 422]);

        const { id, code } = await asked(ada);
        const answered = await prove(id, code || '123456')
          .set('X-Forwarded-For', '198.51.100.1')
          .expect(429)
          .expect('retry-after', '10');
        expect(answered.body).toEqual({
          type: 'urn:stepgate:problem:too_many_attempts',
          title: 'Too many wrong answers. Wait, then try again.',
          status: 429,
          code: 'too_many_attempts',
          instance: '/v1/auth/email/verify',
          requestId: expect.any(String) as string,
        });

        app.clock.advance('10s');
        await prove(id, code || '123456').expect(kind === 'free' ? 204 : 422);
      },
    );

    it('of one address does not hold up another', async () => {
      const [ada, bob] = [newPerson(), newPerson()];
      for (let challenge = 0; challenge < 2; challenge++) await guessAnew(ada, 5);
      expect(await guessAnew(ada, 1)).toEqual([429]);
      expect(await guessAnew(bob, 1)).toEqual([422]);
    });

    it('counts failures in a row: a right one clears them, the last that is told too', async () => {
      const ada = newPerson();
      for (let round = 0; round < 2; round++) {
        expect(await guessAnew(ada, 5)).not.toContain(429);
        expect(await guessAnew(ada, 4)).not.toContain(429);
        const { id, code } = await asked(ada);
        await prove(id, code).expect(204);
        const user = await app.nest.get(UserStore).findByEmail(ada.email);
        await app.nest.get(Accounts).delete(user!.id, NO_REQUEST);
        // Out of the way of the mails' budget; failures are remembered for a day.
        app.clock.advance('10m');
      }
    });

    it('is not found by guesses at the same moment either: no more are judged than in turn', async () => {
      const ada = newPerson();
      expect([...(await guessAnew(ada, 5)), ...(await guessAnew(ada, 4))]).not.toContain(429);
      const { id, code } = await asked(ada);
      const registration = app.nest.get(Registration);
      const guesses = [...Array<string>(199).fill(wrong(code)), code];
      const outcomes = await Promise.all(guesses.map((each) => outcome(registration.verify(id, each, NO_REQUEST))));
      expect(outcomes.filter((each) => each !== 'too_many_attempts')).toEqual(['invalid_code']);
      expect(await app.nest.get(UserStore).findByEmail(ada.email)).toBeNull();
    });

    it.each(['free', 'taken'])(
      'that may not be mailed to a %s address is none: the challenge says the same, and nothing answers it',
      async (kind) => {
        const ada = kind === 'free' ? newPerson() : await register(app);
        const before = app.outbox.messages(ada.email).length;
        const { body: mailed } = await ask(ada);
        for (let time = 0; time < 5; time++) await ask(ada);
        const { body, headers } = await ask(ada);

        const { id } = body.verification;
        const factor = { ...mailed.verification.factor, id };
        expect(body).toEqual({ verification: { ...mailed.verification, id, factor } });
        expect(headers).not.toHaveProperty('retry-after');
        expect(await challengeRow(app, id)).toMatchObject({ kept: null });
        expect(await challengeRow(app, mailed.verification.id)).not.toMatchObject({ kept: null });
        const { body: refused } = await prove(id, '123456').expect(422);
        expect(refused).toMatchObject({ code: 'invalid_code', attemptsLeft: 4 });
        expect(app.outbox.messages(ada.email).length - before).toBeLessThanOrEqual(5);
      },
    );
  });

  describe('an address', () => {
    it('gets five messages in ten minutes; a sixth login still signs in, and says when there is a code again', async () => {
      const ada = await registerWithEmailFactor(app);
      app.clock.advance('11m');
      for (let time = 0; time < 5; time++) await login(app, ada);
      const sixth = await login(app, ada);
      expect(sixth.mfa.challenge).toMatchObject({ delivery: 'failed' });
      expect(Date.parse(sixth.mfa.challenge!.resendAt!) - app.clock.now().getTime()).toBe(600_000);
      await app.http
        .post('/v1/mfa/challenges')
        .auth(sixth.accessToken, bearer)
        .expect(429)
        .expect('retry-after', '600');

      app.clock.advance('10m');
      expect((await login(app, ada)).mfa.challenge).toMatchObject({ delivery: 'sent' });
    });

    it('gets its codes and its links whatever strangers have had sent there', async () => {
      const ada = await registerWithEmailFactor(app);
      const { email, password } = ada;
      const mails = (subject: string) => app.outbox.messages(email).filter((mail) => mail.subject.includes(subject));
      for (let time = 0; time < 7; time++)
        await app.http.post('/v1/auth/register').send({ email, password }).expect(202);
      await eventually(() => expect(mails('already have an account')).toHaveLength(4));

      await app.http.post('/v1/auth/password/forgot').send({ email }).expect(202);
      await eventually(() => expect(mails('Choose a new password')).toHaveLength(1));
      for (let time = 0; time < 5; time++)
        expect((await login(app, ada)).mfa.challenge).toMatchObject({ delivery: 'sent' });
    });

    it('gets its codes however often others say that it is theirs', async () => {
      const [ada, mallory] = [await register(app), await register(app)];
      const phoneNumber = '+4915112349999';
      await enroll(app, await login(app, ada), { type: 'sms', phoneNumber }, phoneNumber);
      const claim = as(app, await login(app, mallory));
      for (let time = 0; time < 4; time++) await claim.post('/mfa/factors', { type: 'sms', phoneNumber }).expect(201);
      await claim.post('/mfa/factors', { type: 'sms', phoneNumber }).expect(429);
      expect((await login(app, ada)).mfa.challenge).toMatchObject({ delivery: 'sent' });
    });

    it('gets ten messages an hour', async () => {
      const ada = await registerWithEmailFactor(app);
      app.clock.advance('61m');
      for (let time = 0; time < 10; time++) {
        if (time === 5) app.clock.advance('10m');
        expect((await login(app, ada)).mfa.challenge).toMatchObject({ delivery: 'sent' });
      }
      app.clock.advance('11m');
      expect((await login(app, ada)).mfa.challenge).toMatchObject({ delivery: 'failed' });
      app.clock.advance('40m');
      expect((await login(app, ada)).mfa.challenge).toMatchObject({ delivery: 'sent' });
    });
  });
});

describe.each(databases)('messages of enrolment on $name', (database) => {
  let app: TestApp;
  let numbers = 0;

  beforeEach(async () => {
    app = await startApp({ database, env: { MFA_ENFORCEMENT: 'routes' } });
  });

  afterEach(() => app.close());

  const newNumber = () => `+4915112${String(340_000 + numbers++)}`;
  /** Begins to enrol a number, and gives it up: the answer to the first. */
  async function tryNumber(session: SessionDto, phoneNumber = newNumber()) {
    const begun = await as(app, session).post('/mfa/factors', { type: 'sms', phoneNumber });
    if (begun.status === 201) await as(app, session).delete(`/mfa/factors/${begun.body.factor.id}`).expect(204);
    return begun;
  }
  async function tryNumbers(session: SessionDto, times: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) statuses.push((await tryNumber(session)).status);
    return statuses;
  }

  it('are five in ten minutes for an account, to whatever numbers, and however often it signs in', async () => {
    const [ada, bob] = [await register(app), await register(app)];
    expect(await tryNumbers(await login(app, ada), 5)).toEqual([201, 201, 201, 201, 201]);

    const session = await login(app, ada);
    const { status, body, headers } = await tryNumber(session);
    expect([status, body.code, headers['retry-after']]).toEqual([429, 'too_many_requests', '600']);
    await as(app, session).post('/mfa/factors', { type: 'email' }).expect(429);
    await as(app, session).post('/mfa/factors', { type: 'totp' }).expect(201);
    expect(await tryNumbers(await login(app, bob), 1)).toEqual([201]);

    app.clock.advance('10m');
    expect(await tryNumbers(await login(app, ada), 1)).toEqual([201]);
  });

  it('are ten in an hour for an account', async () => {
    const ada = await register(app);
    await tryNumbers(await login(app, ada), 5);
    app.clock.advance('10m');
    await tryNumbers(await login(app, ada), 5);
    app.clock.advance('10m');
    const { status, headers } = await tryNumber(await login(app, ada));
    expect([status, headers['retry-after']]).toEqual([429, '2400']);
  });

  it('that an account may not have sent count for no number', async () => {
    const [ada, bob, carol] = [await register(app), await register(app), await register(app)];
    const number = newNumber();
    const flooding = await login(app, ada);
    await tryNumbers(flooding, 5);
    for (let time = 0; time < 5; time++) expect((await tryNumber(flooding, number)).status).toBe(429);
    const session = await login(app, bob);
    for (let time = 0; time < 5; time++) expect((await tryNumber(session, number)).status).toBe(201);
    // Nor does one that the number may not have count for the account.
    const other = await login(app, carol);
    for (let time = 0; time < 5; time++) expect((await tryNumber(other, number)).status).toBe(429);
    expect(await tryNumbers(other, 5)).toEqual([201, 201, 201, 201, 201]);
  });

  it('break off for a country, from which no code comes back, and no code of a sign-in with them', async () => {
    const ada = await register(app);
    const phoneNumber = newNumber();
    await enroll(app, await login(app, ada), { type: 'sms', phoneNumber }, phoneNumber);

    const statuses: number[] = [];
    for (let account = 0; account < 11; account++)
      statuses.push(...(await tryNumbers(await login(app, await register(app)), 5)));
    expect(statuses).toEqual([...Array<number>(49).fill(201), ...Array<number>(6).fill(429)]);

    const session = await login(app, ada);
    expect(session.mfa.challenge).toMatchObject({ factor: { type: 'sms' }, delivery: 'sent' });
    await answer(app, session, phoneNumber);
  });

  it('go on for a country as long as their own codes come back', async () => {
    for (let account = 0; account < 14; account++) {
      const session = await login(app, await register(app));
      expect(await tryNumbers(session, 3)).toEqual([201, 201, 201]);
      const phoneNumber = newNumber();
      await enroll(app, session, { type: 'sms', phoneNumber }, phoneNumber);
    }
  });
});

describe('a source address', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp({ env: { SOURCE_LIMITS: 'true' } });
  });

  afterEach(() => app.close());

  const refresh = (path = '/v1/auth/refresh') => app.http.post(path).send({ refreshToken: 'none' });

  it('may call a route that takes guesses 600 times a minute, and is told so', async () => {
    const first = await refresh().expect(401);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"default";q=600;w=60',
      ratelimit: '"default";r=599;t=60',
    });
    for (let time = 1; time < 600; time++) await refresh().expect(401);
    const { body, headers } = await refresh().expect(429);
    expect(body).toMatchObject({ code: 'too_many_requests' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await refresh().set('X-Forwarded-For', '198.51.100.1').expect(429);
  });

  it('may get 199 passwords wrong in an hour, whatever accounts it tries; then it waits, and others do not', async () => {
    const guesses = app.nest.get(PasswordGuesses);
    const tryOne = (account: number, right = false) => guesses.settle(`user-${account}@example.com`, right, NO_REQUEST);
    for (let account = 0; account < 200; account++) await tryOne(account);
    await expect(tryOne(200)).rejects.toMatchObject({ definition: { code: 'too_many_attempts' } });
    await expect(tryOne(201, true)).rejects.toMatchObject({ definition: { code: 'too_many_attempts' } });
    // Nobody can keep a user out of a device that he trusts: those have a budget of their own.
    await guesses.settle('user-201@example.com', true, NO_REQUEST, 'device');
    app.clock.advance('1h');
    await tryOne(202);
  });

  it('is told nothing on a route that is not limited', async () => {
    const { headers } = await app.http.get('/v1/examples/public').expect(200);
    expect(headers).not.toHaveProperty('ratelimit');
  });
});

describe('text messages', () => {
  it('go to the countries on the list alone', async () => {
    const app = await startApp({ env: { SMS_COUNTRIES: 'DE,AT' } });
    const { accessToken } = await login(app, await register(app));
    const enrollNumber = (phoneNumber: string) =>
      app.http.post('/v1/mfa/factors').auth(accessToken, bearer).send({ type: 'sms', phoneNumber });
    await enrollNumber('+4915112345678').expect(201);
    const { body } = await enrollNumber('+33612345678').expect(400);
    expect(body.errors).toEqual([{ pointer: '/phoneNumber', detail: expect.any(String) }]);
    await app.close();
  });

  it('that do not go out count for no country: one number cannot break it off for all', async () => {
    const app = await startApp();
    const sending = app.nest.get(Sending);
    const ask = (to: string) => sending.take('mfa', { channel: 'sms', to }, NO_REQUEST);
    for (let n = 0; n < 60; n++) await ask('+4915112340000');
    expect(await ask('+4915112340001')).toBeNull();
    // And what was taken from a destination is put back when its country is broken off.
    for (let n = 2; n < 46; n++) await ask(`+49151123400${String(n).padStart(2, '0')}`);
    expect(await ask('+4915112349999')).not.toBeNull();
    for (let code = 0; code < 100; code++) sending.reached('mfa', { channel: 'sms', to: '+4915112340000' });
    for (let n = 0; n < 5; n++) expect(await ask('+4915112349999')).toBeNull();
    expect(await ask('+4915112349999')).not.toBeNull();
    await app.close();
  });

  it('break off for a country from which no code comes back, until the hour is over', async () => {
    const app = await startApp();
    const sending = app.nest.get(Sending);
    const send = (number: number, country = '49') =>
      sending.take('mfa', { channel: 'sms', to: `+${country}1511234${String(number).padStart(4, '0')}` }, NO_REQUEST);
    for (let number = 0; number < 50; number++) expect(await send(number)).toBeNull();
    expect(await send(50)).toEqual(app.clock.in(3_600_000));
    expect(await send(50, '43')).toBeNull();

    for (let code = 0; code < 11; code++) sending.reached('mfa', { channel: 'sms', to: '+4915112340000' });
    expect(await send(51)).toBeNull();
    for (let number = 52; number < 57; number++) await send(number);
    expect(await send(57)).not.toBeNull();
    app.clock.advance('1h');
    expect(await send(58)).toBeNull();
    await app.close();
  });
});
