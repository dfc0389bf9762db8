import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Challenge } from '../../src/challenges/challenge.entity.js';
import { ChallengeProblem } from '../../src/challenges/challenge-problems.js';
import { ChallengePurge } from '../../src/challenges/challenge-purge.js';
import { type Asking, Challenges, type Parcel } from '../../src/challenges/challenges.service.js';
import { OneTimeCodes } from '../../src/challenges/one-time-codes.js';
import { Sending } from '../../src/challenges/sending.js';
import { randomId } from '../../src/kernel/secrets.js';
import { CountryTraffic } from '../../src/limits/country-traffic.js';
import { CountryTrafficRow } from '../../src/limits/country-traffic.entity.js';
import type { Destination } from '../../src/limits/send-budget.js';
import { SendBudgetRow } from '../../src/limits/send-budget.entity.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
import { databases } from '../support/databases.js';
import { startEngine, type TestEngine } from '../support/engine.js';
import { outcome } from '../support/outcome.js';

const HOUR = 3_600_000;
const letter = { kind: 'sign-in-code', code: '123456', minutes: 5 } as const;
const byMail: Parcel = { channel: 'email', to: 'ada@example.com', letter };

describe.each(databases)('the challenge engine alone on $name', (database) => {
  let engine: TestEngine;
  let challenges: Challenges;

  beforeAll(async () => {
    engine = await startEngine(database);
    challenges = engine.get(Challenges);
  });

  beforeEach(async () => {
    for (const entity of [Challenge, CountryTrafficRow, SendBudgetRow, SourceBudgetRow]) {
      await engine.rows<object>(entity).clear();
    }
    engine.events.length = 0;
  });

  afterAll(() => engine.close());

  const stored = (id: string) => engine.rows(Challenge).findOneByOrFail({ id });
  const events = () => engine.events.map(({ type }) => type);
  const open = (asking: Partial<Asking> = {}, kept: string | null = 'hash') =>
    challenges.issue({ purpose: 'mfa', ...asking }, { kept }, NO_REQUEST);
  /** One that took five wrong answers. */
  async function exhausted(asking: Partial<Asking> = {}): Promise<Challenge> {
    const challenge = await open(asking);
    for (let time = 0; time < 5; time++) await outcome(challenges.refuse(challenge));
    return stored(challenge.id);
  }

  describe('asks', () => {
    it('with all that it is told, and records it', async () => {
      const asking = {
        id: randomId(),
        purpose: 'mfa',
        userId: randomId(),
        sessionId: randomId(),
        factorId: randomId(),
        sealed: 'sealed',
      };
      const challenge = await challenges.issue(
        { ...asking, ttl: 600_000 },
        { kept: 'hash', parcel: byMail },
        NO_REQUEST,
      );
      expect(await stored(asking.id)).toEqual({
        ...asking,
        kept: 'hash',
        attempts: 0,
        delivery: 'sent',
        resendAt: engine.clock.in(60_000),
        createdAt: engine.clock.now(),
        expiresAt: engine.clock.in(600_000),
        consumedAt: null,
      });
      expect(await stored(asking.id)).toEqual(challenge);
      const { userId, sessionId, factorId } = asking;
      expect(engine.events).toMatchObject([
        { type: 'challenge.issued', userId, sessionId, factorId, detail: { purpose: 'mfa' } },
      ]);
    });

    it('for five minutes, of nobody, with nothing to deliver, unless told more', async () => {
      const challenge = await challenges.issue({ purpose: 'email_verification' }, { kept: null }, NO_REQUEST);
      expect(challenge.id).toMatch(/^[0-9a-f]{32}$/);
      expect(await stored(challenge.id)).toEqual({
        id: challenge.id,
        purpose: 'email_verification',
        userId: null,
        sessionId: null,
        factorId: null,
        kept: null,
        sealed: null,
        attempts: 0,
        delivery: null,
        resendAt: null,
        createdAt: engine.clock.now(),
        expiresAt: engine.clock.in(300_000),
        consumedAt: null,
      });
      expect(engine.events).toHaveLength(1);
      for (const owner of ['userId', 'sessionId', 'factorId']) expect(engine.events[0]).not.toHaveProperty(owner);
    });

    it('anew: another question, five minutes more, the attempts used stay used', async () => {
      const first = await open();
      await outcome(challenges.refuse(first));
      engine.clock.advance('4m');
      const read = await stored(first.id);
      const again = await challenges.reissue(read, 'factor', { kept: 'another', parcel: byMail });
      expect(again).toEqual({
        ...read,
        attempts: 1,
        factorId: 'factor',
        kept: 'another',
        delivery: 'sent',
        resendAt: engine.clock.in(60_000),
        expiresAt: engine.clock.in(300_000),
      });
      expect(await stored(first.id)).toEqual(again);
    });

    it.each<[string, string | null]>([
      ['a code', 'hash'],
      ['nothing kept', null],
    ])('anew for one of two requests in the same moment, with %s', async (_, kept) => {
      const challenge = await open({}, kept);
      const again = () => outcome(challenges.reissue(challenge, null, { kept: randomId() }));
      expect((await Promise.all([again(), again()])).sort()).toEqual(['accepted', 'challenge_expired']);
    });
  });

  describe('delivers', () => {
    it('over the channel that is named, and records it', async () => {
      const challenge = await challenges.issue({ purpose: 'mfa' }, { kept: 'hash', parcel: byMail }, NO_REQUEST);
      expect(await challenges.deliver(challenge, byMail, NO_REQUEST)).toEqual(challenge);
      expect(engine.outbox.messages('ada@example.com')[0]).toMatchObject({ channel: 'email', code: '123456' });
      expect(events()).toEqual(['challenge.issued', 'challenge.sent']);
    });

    it('or says that it failed; another code may be asked for at once', async () => {
      const parcel = { ...byMail, channel: 'pigeon' };
      const challenge = await challenges.issue({ purpose: 'mfa' }, { kept: 'hash', parcel }, NO_REQUEST);
      const failed = await challenges.deliver(challenge, parcel, NO_REQUEST);
      expect(failed).toEqual({ ...challenge, delivery: 'failed', resendAt: null });
      expect(await stored(challenge.id)).toEqual(failed);
      expect(events()).toEqual(['challenge.issued', 'challenge.undelivered']);
    });

    it.each<[string, string | null]>([
      ['a code', 'hash'],
      ['nothing kept', null],
    ])('and what failed is noted with the moment of the next try, with %s', async (_, kept) => {
      const challenge = await open({}, kept);
      const other = await open();
      const failed = await challenges.undelivered(challenge, engine.clock.in(HOUR));
      expect(failed).toEqual({ ...challenge, delivery: 'failed', resendAt: engine.clock.in(HOUR) });
      expect(await stored(challenge.id)).toEqual(failed);
      expect(await stored(other.id)).toEqual(other);
    });

    it('and a failure says nothing of the code that was asked for since', async () => {
      const challenge = await open();
      const again = await challenges.reissue(challenge, null, { kept: 'another', parcel: byMail });
      await challenges.undelivered(challenge, null);
      expect(await stored(challenge.id)).toEqual(again);
    });
  });

  describe('finds', () => {
    it('a challenge of that purpose, user and session, and no other', async () => {
      const owner = { userId: randomId(), sessionId: randomId() };
      const { id } = await open(owner);
      expect(await challenges.find({ id, purpose: 'mfa' })).toMatchObject({ id });
      expect(await challenges.find({ id, purpose: 'mfa', ...owner })).toMatchObject({ id });
      expect(await challenges.find({ id: randomId(), purpose: 'mfa' })).toBeNull();
      expect(await challenges.find({ id, purpose: 'enrollment' })).toBeNull();
      expect(await challenges.find({ id, purpose: 'mfa', ...owner, userId: randomId() })).toBeNull();
      expect(await challenges.find({ id, purpose: 'mfa', ...owner, sessionId: randomId() })).toBeNull();
    });

    it('none by an id that is none of ours, though a row had it', async () => {
      const { id } = await open({ id: 'A'.repeat(32) });
      expect(await challenges.find({ id, purpose: 'mfa' })).toBeNull();
    });
  });

  describe('is answered', () => {
    it('until the last millisecond', async () => {
      const challenge = await open();
      engine.clock.advance('299999ms');
      expect(challenges.statusOf(challenge)).toBe('pending');
      expect(() => challenges.requireOpen(challenge)).not.toThrow();
      engine.clock.advance('1ms');
      expect(challenges.statusOf(challenge)).toBe('expired');
      expect(() => challenges.requireOpen(challenge)).toThrow(ChallengeProblem.closed().message);
      expect(await outcome(challenges.consume(challenge))).toBe('challenge_expired');
      expect(await outcome(challenges.refuse(challenge))).toBe('challenge_expired');
      expect(await outcome(challenges.reissue(challenge, null, { kept: null }))).toBe('challenge_expired');
      expect(await stored(challenge.id)).toEqual(challenge);
    });

    it.each<[string, string | null]>([
      ['a code', 'hash'],
      ['nothing kept', null],
    ])('rightly once, with %s', async (_, kept) => {
      const challenge = await open({}, kept);
      const other = await open({}, kept);
      const answers = await Promise.all([1, 2, 3].map(() => outcome(challenges.consume(challenge))));
      expect(answers.sort()).toEqual(['accepted', 'challenge_expired', 'challenge_expired']);
      const used = await stored(challenge.id);
      expect(used.consumedAt).toEqual(engine.clock.now());
      expect(challenges.statusOf(used)).toBe('verified');
      expect(await outcome(challenges.refuse(challenge))).toBe('challenge_expired');
      expect(await outcome(challenges.reissue(used, null, { kept: null }))).toBe('challenge_expired');
      expect(await stored(challenge.id)).toEqual(used);
      expect(await stored(other.id)).toEqual(other);
    });

    it('with the question that stands, not with the one before', async () => {
      const challenge = await open();
      await challenges.reissue(challenge, null, { kept: 'another' });
      expect(await outcome(challenges.consume(challenge))).toBe('challenge_expired');
    });

    it('wrongly five times, and is told how often it can still be; then not even rightly', async () => {
      const other = await open();
      const challenge = await open();
      for (const attemptsLeft of [4, 3, 2, 1, 0]) {
        expect(challenges.statusOf(await stored(challenge.id))).toBe('pending');
        await expect(challenges.refuse(challenge)).rejects.toMatchObject({
          definition: { status: 422, code: 'invalid_code', title: 'The code is not right.' },
          details: { attemptsLeft },
        });
      }
      expect(await outcome(challenges.refuse(challenge))).toBe('challenge_expired');
      expect(await outcome(challenges.consume(challenge))).toBe('challenge_expired');
      expect(await outcome(challenges.reissue(challenge, null, { kept: null }))).toBe('challenge_expired');
      expect(challenges.statusOf(await stored(challenge.id))).toBe('exhausted');
      expect(await stored(other.id)).toEqual(other);
    });

    it('with a problem that says what to do, and shows in the documentation what comes with it', () => {
      expect(ChallengeProblem.closed.definition).toEqual({
        status: 410,
        code: 'challenge_expired',
        title: 'This challenge is expired, used or exhausted. Start a new one.',
      });
      expect(ChallengeProblem.wrongCode.definition.example).toEqual({ attemptsLeft: 4 });
    });

    it('no more when its purpose is withdrawn from the user; what was over before stays as it was', async () => {
      const [ada, bob] = [randomId(), randomId()];
      const old = await open({ userId: ada });
      const used = await open({ userId: ada, ttl: HOUR });
      await challenges.consume(used);
      engine.clock.advance('5m');
      const [one, two] = [await open({ userId: ada }), await open({ userId: ada })];
      const others = [await open({ userId: ada, purpose: 'password_reset' }), await open({ userId: bob })];
      await challenges.withdraw('mfa', ada);
      for (const { id } of [one, two]) {
        expect(challenges.statusOf(await stored(id))).toBe('expired');
        expect((await stored(id)).expiresAt).toEqual(engine.clock.now());
      }
      for (const other of [old, ...others]) expect(await stored(other.id)).toEqual(other);
      expect((await stored(used.id)).expiresAt).toEqual(used.expiresAt);
    });
  });

  describe('clears up', () => {
    const purge = () => engine.get(ChallengePurge).purge();
    const left = async () => (await engine.rows(Challenge).find()).map(({ id }) => id).sort();
    const ids = (all: Challenge[]) => all.map(({ id }) => id).sort();

    it('an hour after a challenge was over, and records the unanswered ones once', async () => {
      const owner = { userId: randomId(), sessionId: randomId(), factorId: randomId() };
      const abandoned = await open(owner);
      const answered = await open(owner);
      await challenges.consume(answered);
      const spent = await exhausted(owner);
      engine.clock.advance('65m');
      await purge();
      expect(await left()).toEqual(ids([abandoned, answered, spent]));

      const young = [await open(owner), await exhausted(owner)];
      engine.events.length = 0;
      engine.clock.advance('1ms');
      await Promise.all([purge(), purge(), purge()]);
      expect(await left()).toEqual(ids(young));
      expect(engine.events).toHaveLength(1);
      expect(engine.events[0]).toMatchObject({
        type: 'challenge.abandoned',
        ...owner,
        detail: { purpose: 'mfa', issuedAt: abandoned.createdAt.toISOString() },
      });
    });

    it('an unanswered challenge of nobody as one of nobody', async () => {
      await open();
      engine.clock.advance('66m');
      engine.events.length = 0;
      await purge();
      expect(engine.events).toHaveLength(1);
      for (const owner of ['userId', 'sessionId', 'factorId']) expect(engine.events[0]).not.toHaveProperty(owner);
    });

    it('leaves an answered one that is not long over, however many wrong answers it had', async () => {
      const challenge = await open({ ttl: HOUR });
      for (let time = 0; time < 4; time++) await outcome(challenges.refuse(challenge));
      await challenges.consume(challenge);
      engine.clock.advance('1h');
      await purge();
      expect(await left()).toEqual([challenge.id]);
    });
  });

  describe('makes codes', () => {
    it('of six digits that are right for their challenge alone', () => {
      const codes = engine.get(OneTimeCodes);
      const { code, kept } = codes.create('one');
      expect(code).toMatch(/^\d{6}$/);
      expect(kept).not.toContain(code);
      expect(codes.matches('one', kept, code)).toBe(true);
      expect(codes.matches('one', kept, `${code}0`)).toBe(false);
      expect(codes.matches('another', kept, code)).toBe(false);
      expect(codes.matches('one', null, code)).toBe(false);
    });
  });

  describe('sends', () => {
    const sms: Destination = { channel: 'sms', to: '+4915112345678' };
    const mail: Destination = { channel: 'email', to: 'ada@example.com' };
    const take = (to: Destination, gap?: boolean, ip = '203.0.113.7') =>
      engine.get(Sending).take('mfa', to, { ...NO_REQUEST, ip }, gap === undefined ? undefined : { gap });
    const counts = () =>
      Promise.all([SourceBudgetRow, CountryTrafficRow, SendBudgetRow].map((row) => engine.rows<object>(row).count()));

    it('within the budgets of source, country and destination', async () => {
      expect(await take(sms)).toBeNull();
      expect(await counts()).toEqual([1, 1, 1]);
      expect(await engine.rows(CountryTrafficRow).find()).toMatchObject([
        { country: 'sms:49:mfa', sent: 1, reached: 0 },
      ]);
      engine.get(Sending).reached('mfa', sms);
      await engine.get(CountryTraffic).flush();
      expect(await engine.rows(CountryTrafficRow).find()).toMatchObject([{ reached: 1 }]);
    });

    it('without a country’s where the channel has no prices', async () => {
      expect(await take(mail)).toBeNull();
      expect(await counts()).toEqual([1, 0, 1]);
      engine.get(Sending).reached('mfa', mail);
      await engine.get(CountryTraffic).flush();
      expect(await counts()).toEqual([1, 0, 1]);
    });

    it('no more for a source that has used up its own, and then takes from no other', async () => {
      await take(mail);
      await engine.rows(SourceBudgetRow).updateAll({ used: 1_000 });
      expect(await take(sms)).toEqual(engine.clock.in(HOUR));
      expect(await counts()).toEqual([1, 0, 1]);
      expect(await take(sms, undefined, '203.0.113.8')).toBeNull();
    });

    it('no more to a country that answers nothing, and then gives back what it took of the destination', async () => {
      for (let time = 0; time < 50; time++) await engine.get(CountryTraffic).take('sms:49:mfa');
      expect(await take(sms)).toEqual(engine.clock.in(HOUR));
      expect(await engine.rows(SendBudgetRow).find()).toMatchObject([{ shortUsed: 0, longUsed: 0 }]);
    });

    it('no more for an account that has had five sent, wherever to; and what others refuse counts for no account', async () => {
      const takeFor = (account: string, to: Destination) =>
        engine.get(Sending).take('mfa_enrollment', to, NO_REQUEST, { account });
      const another = (n: number): Destination => ({ channel: 'sms', to: `+491511234000${n}` });
      for (let n = 0; n < 5; n++) expect(await takeFor('ada', another(n))).toBeNull();
      expect(await takeFor('ada', another(5))).toEqual(engine.clock.in(600_000));
      expect(await takeFor('bob', another(5))).toBeNull();
      expect(await engine.rows(CountryTrafficRow).find()).toMatchObject([
        { country: 'sms:49:mfa_enrollment', sent: 6 },
      ]);

      await engine.rows(CountryTrafficRow).updateAll({ sent: 50 });
      for (let time = 0; time < 5; time++) expect(await takeFor('bob', another(5))).toEqual(engine.clock.in(HOUR));
      await engine.rows(CountryTrafficRow).updateAll({ sent: 0 });
      for (let time = 0; time < 4; time++) expect(await takeFor('bob', another(5))).toBeNull();
      expect(await takeFor('bob', mail)).toEqual(engine.clock.in(600_000));
      expect(await takeFor('carol', mail)).toBeNull();
    });

    it('a minute after the last one, where that is asked for, and only there', async () => {
      expect(await take(mail, true)).toBeNull();
      expect(await take(mail, true)).toEqual(engine.clock.in(60_000));
      expect(await take(mail, false)).toBeNull();
      expect(await take(mail)).toBeNull();
    });

    it('whatever the source, where sources are not limited', async () => {
      const open = await startEngine(database, { perSource: false });
      expect(await open.get(Sending).take('mfa', mail, NO_REQUEST)).toBeNull();
      expect(await open.rows(SourceBudgetRow).count()).toBe(0);
      await open.close();
    });
  });
});
