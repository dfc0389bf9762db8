import { DataSource } from 'typeorm';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Challenge } from '../../src/challenges/challenge.entity.js';
import { Challenges } from '../../src/challenges/challenges.service.js';
import { OneTimeCodes } from '../../src/challenges/one-time-codes.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { Enrollment } from '../../src/mfa/enrollment/enrollment.service.js';
import { Registration } from '../../src/auth/registration/registration.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  challenge,
  challengeRow,
  type Challenged,
  newUserWithFactors,
  openSession,
  outcome,
  wrongCode,
} from '../support/second-factors.js';

describe.each(databases)('a challenge on $name', (database) => {
  let app: TestApp;
  let secondFactor: SecondFactor;

  beforeAll(async () => {
    app = await startApp({ database });
    secondFactor = app.nest.get(SecondFactor);
  });

  afterAll(() => app.close());

  const answer = ({ principal }: Pick<Challenged, 'principal'>, id: string, code: string): Promise<string> =>
    outcome(secondFactor.verify(principal, id, { code }));

  async function challenged() {
    const ada = await newUserWithFactors(app);
    const { id } = await challenge(app, ada);
    return { ada, id, code: app.lastCode(ada.email) };
  }

  describe('and its time', () => {
    it('is answered until the last millisecond of its 5 minutes', async () => {
      const { ada, id, code } = await challenged();
      app.clock.advance('299999ms');
      expect(await answer(ada, id, code)).toBe('accepted');
    });

    it('is over after 5 minutes, and then takes no attempt either', async () => {
      const { ada, id, code } = await challenged();
      app.clock.advance('5m');
      expect(await answer(ada, id, code)).toBe('challenge_expired');
      expect(await answer(ada, id, wrongCode(code))).toBe('challenge_expired');
      expect(await challengeRow(app, id)).toMatchObject({ attempts: 0, consumedAt: null });
      expect((await secondFactor.show(ada.principal, id)).status).toBe('expired');
    });

    it('is decided by the database too, not only by what was read before', async () => {
      const { ada, id } = await challenged();
      const read = await challengeRow(app, id);
      app.clock.advance('5m');
      const challenges = app.nest.get(Challenges);
      expect(await outcome(challenges.consume(read))).toBe('challenge_expired');
      expect(await outcome(challenges.refuse(read))).toBe('challenge_expired');
      expect(await outcome(challenges.reissue(read, ada.factorIds.email, { kept: null }))).toBe('challenge_expired');
      expect(await challengeRow(app, id)).toEqual(read);
    });

    it('keeps the time to the millisecond', async () => {
      const { id } = await challenged();
      const { createdAt, expiresAt } = await challengeRow(app, id);
      expect(createdAt).toEqual(app.clock.now());
      expect(expiresAt.getTime() - createdAt.getTime()).toBe(300_000);
    });
  });

  describe('and its tries', () => {
    it('are 5, and say how many are left; then the right code is refused too', async () => {
      const { ada, id, code } = await challenged();
      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        await expect(secondFactor.verify(ada.principal, id, { code: wrongCode(code) })).rejects.toMatchObject({
          definition: { code: 'invalid_code' },
          details: { attemptsLeft },
        });
      }
      expect(await answer(ada, id, code)).toBe('challenge_expired');
      expect(await secondFactor.show(ada.principal, id)).toMatchObject({ status: 'exhausted', attemptsLeft: 0 });
    });

    it('stay used when a new code is sent, and when the factor is switched', async () => {
      const ada = await newUserWithFactors(app, ['email', 'sms']);
      const { id } = await challenge(app, ada);
      await answer(ada, id, '0');
      await answer(ada, id, '0');
      app.clock.advance('1m');
      expect(await secondFactor.send(ada.principal, id, ada.factorIds.email)).toMatchObject({ attemptsLeft: 3 });
      await answer(ada, id, '0');
      expect(await secondFactor.send(ada.principal, id, ada.factorIds.sms)).toMatchObject({ attemptsLeft: 2 });
      await answer(ada, id, '0');
      await answer(ada, id, '0');
      expect(await answer(ada, id, app.lastCode(ada.addresses.sms))).toBe('challenge_expired');
      expect(await outcome(secondFactor.send(ada.principal, id))).toBe('challenge_expired');
    });

    it('leave the fifth for the right code', async () => {
      const { ada, id, code } = await challenged();
      for (let i = 0; i < 4; i++) await answer(ada, id, wrongCode(code));
      expect(await answer(ada, id, code)).toBe('accepted');
    });

    it.each([
      '',
      ' ',
      '1',
      '1234567',
      '１２３４５６',
      'null',
      '٣'.repeat(6),
      '12345\n',
      '9'.repeat(10_000),
      '\u0000',
      '😀',
    ])('cost one for the malformed answer %j, and nothing else changes', async (malformed) => {
      const { ada, id } = await challenged();
      const before = await challengeRow(app, id);
      expect(await answer(ada, id, malformed)).toBe('invalid_code');
      expect(await challengeRow(app, id)).toEqual({ ...before, attempts: 1 });
    });

    it('take the code as it was sent: with a space before or after it is another', async () => {
      const { ada, id, code } = await challenged();
      expect(await answer(ada, id, ` ${code}`)).toBe('invalid_code');
      expect(await answer(ada, id, `${code} `)).toBe('invalid_code');
      const fullWidth = String.fromCodePoint(...[...code].map((digit) => digit.codePointAt(0)! + 0xfee0));
      expect(await answer(ada, id, fullWidth)).toBe('invalid_code');
      expect(await answer(ada, id, code)).toBe('accepted');
    });
  });

  describe('and its code', () => {
    it('has six digits, from anywhere between 000000 and 999999', () => {
      const codes = app.nest.get(OneTimeCodes);
      const made = Array.from({ length: 2_000 }, () => codes.create('challenge').code);
      expect(made.every((code) => /^\d{6}$/.test(code))).toBe(true);
      // Each of these fails for good codes once in 10^80 runs or less.
      for (const digit of '0123456789') {
        for (let place = 0; place < 6; place++) expect(made.some((code) => code[place] === digit)).toBe(true);
      }
      expect(new Set(made).size).toBeGreaterThan(1_900);
    });

    it('is nowhere in the database: only a keyed hash of it, bound to the challenge', async () => {
      const { id, code } = await challenged();
      const row = await challengeRow(app, id);
      expect(row.kept).toMatch(/^[0-9a-f]{64}$/);
      expect(JSON.stringify(row)).not.toContain(code);
      const codes = app.nest.get(OneTimeCodes);
      expect(codes.matches(id, row.kept, code)).toBe(true);
      expect(codes.matches('another', row.kept, code)).toBe(false);
      expect(codes.matches(id, null, code)).toBe(false);
    });

    it('is useless in another challenge of the same user and session', async () => {
      const { ada, id: first, code: firstCode } = await challenged();
      const { id: second } = await challenge(app, ada);
      expect(await answer(ada, second, firstCode)).toBe('invalid_code');
      expect(await answer(ada, first, app.lastCode(ada.email))).toBe('invalid_code');
      expect(await answer(ada, first, firstCode)).toBe('accepted');
    });

    it('is useless in another challenge even when its hash is copied there', async () => {
      const { ada, id: first, code } = await challenged();
      const { id: second } = await challenge(app, ada);
      const { kept } = await challengeRow(app, first);
      await app.nest.get(DataSource).getRepository(Challenge).update({ id: second }, { kept });
      expect(await answer(ada, second, code)).toBe('invalid_code');
    });

    it('is dead once a new one was sent', async () => {
      const { ada, id, code } = await challenged();
      app.clock.advance('1m');
      await secondFactor.send(ada.principal, id);
      expect(await answer(ada, id, code)).toBe('invalid_code');
      expect(await answer(ada, id, app.lastCode(ada.email))).toBe('accepted');
    });

    it('is dead once a new one was sent, even for an answer that was checked before', async () => {
      const { ada, id } = await challenged();
      const read = await challengeRow(app, id);
      app.clock.advance('1m');
      await secondFactor.send(ada.principal, id);
      expect(await outcome(app.nest.get(Challenges).consume(read))).toBe('challenge_expired');
      expect((await challengeRow(app, id)).consumedAt).toBeNull();
    });

    it('is used once', async () => {
      const { ada, id, code } = await challenged();
      expect(await answer(ada, id, code)).toBe('accepted');
      expect(await answer(ada, id, code)).toBe('challenge_expired');
      expect((await secondFactor.show(ada.principal, id)).status).toBe('verified');
      expect(await outcome(secondFactor.send(ada.principal, id))).toBe('challenge_expired');
    });
  });

  describe('and its owner', () => {
    it('is unknown to another user, and to another session of the same user', async () => {
      const { ada, id, code } = await challenged();
      const eve = await newUserWithFactors(app);
      const otherSession = { principal: await openSession(app, ada.userId) };
      for (const stranger of [eve, otherSession]) {
        expect(await answer(stranger, id, code)).toBe('not_found');
        expect(await outcome(secondFactor.show(stranger.principal, id))).toBe('not_found');
        expect(await outcome(secondFactor.send(stranger.principal, id))).toBe('not_found');
      }
      // Neither half of the owner will do alone.
      const mixed = { principal: { ...eve.principal, sessionId: ada.principal.sessionId } };
      expect(await answer(mixed, id, code)).toBe('not_found');
      expect((await challengeRow(app, id)).attempts).toBe(0);
      expect(await answer(ada, id, code)).toBe('accepted');
    });

    it('cannot be switched to somebody else’s factor, nor opened for one', async () => {
      const { ada, id } = await challenged();
      const eve = await newUserWithFactors(app);
      expect(await outcome(secondFactor.send(ada.principal, id, eve.factorIds.email))).toBe('not_found');
      expect(await outcome(secondFactor.start(ada.principal, eve.factorIds.email))).toBe('not_found');
      expect(app.outbox.messages(eve.email).filter(({ text }) => text.includes('your code to sign in'))).toEqual([]);
    });

    it('is closed when the factor that it asks for is gone', async () => {
      const { ada, id, code } = await challenged();
      await app.nest.get(DataSource).query('DELETE FROM stepgate_factor WHERE id = ?', [ada.factorIds.email]);
      expect(await answer(ada, id, code)).toBe('challenge_expired');
      expect(await challengeRow(app, id)).toMatchObject({ attempts: 0, consumedAt: null });
    });

    it.each([
      ['in upper case', (id: string) => id.toUpperCase()],
      ['with a space after it', (id: string) => `${id} `],
    ])('is known by its id alone, not %s', async (_, misspell) => {
      const { ada, code } = await challenged();
      // An id with a letter, so that the case can differ.
      const id = 'abcdef'.padEnd(32, '0');
      const rows = app.nest.get(DataSource).getRepository(Challenge);
      await rows.delete({ id });
      await rows.insert({ ...(await challengeRow(app, (await challenge(app, ada)).id)), id });
      expect(await answer(ada, misspell(id), code)).toBe('not_found');
      expect((await challengeRow(app, id)).attempts).toBe(0);
    });
  });

  describe('and its purpose', () => {
    it('opens nothing else: a sign-in code activates no factor and proves no address', async () => {
      const { ada, id, code } = await challenged();
      expect(await outcome(app.nest.get(Enrollment).activate(ada.principal, id, { code }))).toBe('not_found');
      expect(await outcome(app.nest.get(Registration).verify(id, code, NO_REQUEST))).toBe('not_found');
      expect((await challengeRow(app, id)).attempts).toBe(0);
    });

    it('is not MFA for the code of an enrolment', async () => {
      const grace = await newUserWithFactors(app, []);
      const { factor } = await app.nest.get(Enrollment).enroll(grace.principal, { type: 'email' });
      const code = app.lastCode(grace.email);
      expect(await answer(grace, factor.id, code)).toBe('not_found');
      expect(await outcome(app.nest.get(Registration).verify(factor.id, code, NO_REQUEST))).toBe('not_found');
      expect(await outcome(app.nest.get(Enrollment).activate(grace.principal, factor.id, { code }))).toBe('accepted');
    });
  });
});
