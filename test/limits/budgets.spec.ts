import { randomBytes } from 'node:crypto';
import { Secrets } from '../../src/kernel/secrets.js';
import { BudgetPurge } from '../../src/limits/budget-purge.js';
import { CountryTraffic } from '../../src/limits/country-traffic.js';
import { CountryTrafficRow } from '../../src/limits/country-traffic.entity.js';
import { GuessBudget, type Guessed } from '../../src/limits/guess-budget.js';
import { GuessBudgetRow } from '../../src/limits/guess-budget.entity.js';
import { SendBudget } from '../../src/limits/send-budget.js';
import { SendBudgetRow } from '../../src/limits/send-budget.entity.js';
import { SourceBudget } from '../../src/limits/source-budget.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
import { databases } from '../support/databases.js';
import { ManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/people.js';
import { openTables, type Tables } from '../support/tables.js';

const ENTITIES = [CountryTrafficRow, GuessBudgetRow, SendBudgetRow, SourceBudgetRow];
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

describe.each(databases)('budgets on $name', (database) => {
  const clock = new ManualClock();
  const secrets = new Secrets(randomBytes(32));
  let tables: Tables;
  let sends: SendBudget;
  let sources: SourceBudget;
  let countries: CountryTraffic;
  let guesses: GuessBudget;
  let budgetPurge: BudgetPurge;

  beforeAll(async () => {
    tables = await openTables(database, ENTITIES);
    sends = new SendBudget(tables.of(SendBudgetRow), secrets, clock);
    sources = new SourceBudget(tables.of(SourceBudgetRow), secrets, clock);
    countries = new CountryTraffic(tables.of(CountryTrafficRow), clock);
    guesses = new GuessBudget(tables.of(GuessBudgetRow), secrets, clock);
    const rows = [tables.of(SendBudgetRow), tables.of(GuessBudgetRow), tables.of(SourceBudgetRow)] as const;
    budgetPurge = new BudgetPurge(...rows, tables.of(CountryTrafficRow), clock);
  });

  beforeEach(async () => {
    for (const entity of ENTITIES) await tables.of<object>(entity).clear();
  });

  afterAll(async () => {
    await countries.beforeApplicationShutdown();
    await tables.close();
  });

  /** What came of asking so many times, one after the other. */
  async function inTurn<T>(count: number, ask: () => Promise<T>): Promise<T[]> {
    const answers: T[] = [];
    for (let time = 0; time < count; time++) answers.push(await ask());
    return answers;
  }
  /** How many of the first two are taken when they come in the same moment. */
  async function atOnce(take: () => Promise<Date | null>): Promise<number> {
    const taken = (await Promise.all([take(), take()])).filter((answer) => answer === null).length;
    expect(taken).toBe(2);
    return taken;
  }
  const nulls = (count: number) => Array.from({ length: count }, () => null);

  describe('of messages to an address', () => {
    const take = (gap = false, to = 'ada@example.com', channel = 'email', purpose = 'mfa') =>
      sends.take(purpose, { channel, to }, { gap });

    it('are five in ten minutes; then it says when there is one again, and there is', async () => {
      const start = clock.now();
      expect(await inTurn(5, take)).toEqual(nulls(5));
      clock.advance('9m');
      expect(await take()).toEqual(new Date(start.getTime() + 10 * MINUTE));
      clock.advance('59999ms');
      expect(await take()).not.toBeNull();
      clock.advance('1ms');
      expect(await inTurn(5, take)).toEqual(nulls(5));
      expect(await take()).not.toBeNull();
    });

    it('are ten in an hour, however they are spread', async () => {
      const start = clock.now();
      await inTurn(5, take);
      clock.advance('30m');
      expect(await inTurn(5, take)).toEqual(nulls(5));
      clock.advance('11m');
      expect(await take()).toEqual(new Date(start.getTime() + HOUR));
      clock.advance('1139999ms');
      expect(await take()).not.toBeNull();
      clock.advance('1ms');
      expect(await inTurn(5, take)).toEqual(nulls(5));
      clock.advance('10m');
      expect(await inTurn(5, take)).toEqual(nulls(5));
      clock.advance('10m');
      expect(await take()).toEqual(clock.in(40 * MINUTE));
    });

    it('leave a minute between two where that is asked for', async () => {
      expect(await take(true)).toBeNull();
      clock.advance('59999ms');
      expect(await take(true)).toEqual(clock.in(SECOND));
      clock.advance('1ms');
      expect(await take(true)).toBeNull();
      expect(await take(false)).toBeNull();
      clock.advance('30s');
      expect(await take(true)).toEqual(clock.in(30 * SECOND));
    });

    it('wait for the later of gap and window', async () => {
      await inTurn(5, take);
      expect(await take(true)).toEqual(clock.in(10 * MINUTE));
      clock.advance('599s');
      expect(await take(true)).toEqual(clock.in(SECOND));
    });

    it('do not wait for a gap that nobody asked for', async () => {
      await inTurn(4, take);
      clock.advance('9m');
      clock.advance('30s');
      await take();
      clock.advance('20s');
      expect(await take()).toEqual(clock.in(10 * SECOND));
    });

    it('are each address’s own, on each channel', async () => {
      await inTurn(5, take);
      expect(await take(false, 'bob@example.com')).toBeNull();
      expect(await take(false, 'ada@example.com', 'pager')).toBeNull();
      expect(await take()).not.toBeNull();
    });

    it('are each purpose’s own, with its own minute', async () => {
      await inTurn(5, take);
      expect(await take(true, 'ada@example.com', 'email', 'password_reset')).toBeNull();
      expect(await take()).not.toBeNull();
    });

    it('are counted when the first two come in the same moment', async () => {
      const taken = await atOnce(take);
      expect(await tables.of(SendBudgetRow).find()).toMatchObject([{ shortUsed: taken, longUsed: taken }]);
    });

    it('leave the minute between two that come in the same moment', async () => {
      const answers = await Promise.all([take(true), take(true)]);
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      expect(answers.find((answer) => answer !== null)).toEqual(clock.in(MINUTE));
    });

    it('are kept without the address', async () => {
      await take();
      const [row] = await tables.of(SendBudgetRow).find();
      expect(row.addressHash).toMatch(/^[0-9a-f]{64}$/);
    });
  });

  describe('of messages that a source address causes', () => {
    const take = (ip = '203.0.113.7') => sources.take(ip);

    it('are a thousand an hour; then it says when there is one again, and there is', async () => {
      const end = clock.in(HOUR);
      expect(await take()).toBeNull();
      await tables.of(SourceBudgetRow).updateAll({ used: 998 });
      clock.advance('1m');
      expect(await inTurn(2, take)).toEqual(nulls(2));
      expect(await take()).toEqual(end);
      expect(await take('203.0.113.8')).toBeNull();
      clock.advance('3539999ms');
      expect(await take()).toEqual(end);
      clock.advance('1ms');
      expect(await take()).toBeNull();
      expect(await tables.of(SourceBudgetRow).findBy({ used: 1, resetAt: clock.in(HOUR) })).toHaveLength(1);
    });

    it('are counted when the first two come in the same moment', async () => {
      const taken = await atOnce(take);
      expect(await tables.of(SourceBudgetRow).find()).toMatchObject([{ used: taken }]);
    });

    it('are shared by the addresses of one IPv6 network', async () => {
      await take('2001:db8::1');
      await take('2001:db8::2');
      expect(await tables.of(SourceBudgetRow).find()).toMatchObject([{ used: 2 }]);
    });
  });

  describe('of messages to a country', () => {
    const take = (country = 'sms:49') => countries.take(country);

    it('break off after fifty of which nothing came back, until the hour is over', async () => {
      const end = clock.in(HOUR);
      expect(await inTurn(50, take)).toEqual(nulls(50));
      clock.advance('59m');
      expect(await take()).toEqual(end);
      expect(await take('sms:43')).toBeNull();
      clock.advance('59999ms');
      expect(await take()).toEqual(end);
      clock.advance('1ms');
      expect(await take()).toBeNull();
      expect(await tables.of(CountryTrafficRow).findOneBy({ country: 'sms:49' })).toEqual({
        country: 'sms:49',
        sent: 1,
        reached: 0,
        resetAt: clock.in(HOUR),
      });
    });

    it('go on as long as one code in five comes back', async () => {
      await take('sms:43');
      await inTurn(50, take);
      for (let code = 0; code < 10; code++) countries.reached('sms:49');
      expect(await take()).toBeNull();
      expect(await take()).not.toBeNull();
      countries.reached('sms:49');
      expect(await inTurn(5, take)).toEqual(nulls(5));
      expect(await take()).not.toBeNull();
      expect(await tables.of(CountryTrafficRow).findOneBy({ country: 'sms:43' })).toMatchObject({ reached: 0 });
    });

    it('count what came back without being waited for: those of a second in one statement', async () => {
      await take();
      for (let code = 0; code < 3; code++) countries.reached('sms:49');
      expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ reached: 0 }]);
      await eventually(async () => expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ reached: 3 }]));
    });

    it('count what came back while the table was away as soon as it is there', async () => {
      await take();
      countries.reached('sms:49');
      await tables.of(CountryTrafficRow).query('ALTER TABLE stepgate_country_traffic RENAME TO stepgate_elsewhere');
      await countries.flush();
      countries.reached('sms:49');
      await tables.of(CountryTrafficRow).query('ALTER TABLE stepgate_elsewhere RENAME TO stepgate_country_traffic');
      await countries.flush();
      expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ reached: 2 }]);
    });

    it('count what came back last before the server goes', async () => {
      await take();
      countries.reached('sms:49');
      await countries.beforeApplicationShutdown();
      expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ reached: 1 }]);
    });

    it('count what came back anew in each hour', async () => {
      await take();
      countries.reached('sms:49');
      await countries.flush();
      await take();
      expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ sent: 2, reached: 1 }]);
      clock.advance('1h');
      await take();
      expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ sent: 1, reached: 0 }]);
    });

    it('are counted when the first two come in the same moment', async () => {
      const taken = await atOnce(take);
      expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ sent: taken }]);
    });
  });

  describe('of guesses', () => {
    const PATIENT = { free: 2, firstWait: 30 * SECOND, longestWait: HOUR };
    const account: Guessed = { kind: 'account', subject: 'ada', backoff: PATIENT };
    const source: Guessed = { kind: 'source', subject: 'ada', backoff: { ...PATIENT, free: 3, firstWait: MINUTE } };
    const settle = (right: boolean, ...more: Guessed[]) => guesses.settle(right, [account, ...more]);
    const wrong = () => settle(false);

    it('tell the free ones and the next; then nothing, right or wrong, until the wait is over', async () => {
      expect(await inTurn(3, wrong)).toEqual(nulls(3));
      const until = clock.in(30 * SECOND);
      clock.advance('29999ms');
      expect(await settle(false)).toEqual(until);
      expect(await settle(true)).toEqual(until);
      clock.advance('1ms');
      expect(await settle(true)).toBeNull();
    });

    it('wait longer after each further wrong one, and a refused one is none', async () => {
      await inTurn(9, wrong);
      clock.advance('30s');
      expect(await wrong()).toBeNull();
      expect(await wrong()).toEqual(clock.in(MINUTE));
    });

    it('are forgiven by a right one', async () => {
      await inTurn(2, wrong);
      await settle(true);
      expect(await tables.of(GuessBudgetRow).count()).toBe(0);
      expect(await inTurn(3, wrong)).toEqual(nulls(3));
    });

    it('are forgiven with the one that was counted before it was judged, though it began a wait', async () => {
      expect(await inTurn(3, wrong)).toEqual(nulls(3));
      expect(await wrong()).not.toBeNull();
      await guesses.settle(false, [source]);
      await guesses.forgive(account);
      expect(await tables.of(GuessBudgetRow).find()).toMatchObject([{ failures: 1 }]);
      expect(await wrong()).toBeNull();
    });

    it('cost nothing when the first one is right', async () => {
      expect(await settle(true, source)).toBeNull();
      expect(await tables.of(GuessBudgetRow).count()).toBe(0);
    });

    it('count against everyone named, and a right one forgives the first alone', async () => {
      await settle(false, source);
      expect(await tables.of(GuessBudgetRow).count()).toBe(2);
      await settle(true, source);
      expect(await tables.of(GuessBudgetRow).find()).toMatchObject([{ failures: 1 }]);
      expect(await guesses.settle(true, [source])).toBeNull();
      expect(await tables.of(GuessBudgetRow).count()).toBe(0);
    });

    it('wait for the latest of all that are named, in whatever order', async () => {
      await inTurn(4, () => guesses.settle(false, [source]));
      await inTurn(3, wrong);
      expect(await settle(false)).toEqual(clock.in(30 * SECOND));
      expect(await settle(false, source)).toEqual(clock.in(MINUTE));
      expect(await guesses.settle(true, [source, account])).toEqual(clock.in(MINUTE));
      clock.advance('30s');
      expect(await settle(true, source)).toEqual(clock.in(30 * SECOND));
      expect(await guesses.settle(true, [source, account])).toEqual(clock.in(30 * SECOND));
    });

    it('are forgotten a day after the last one', async () => {
      await inTurn(2, wrong);
      clock.advance('86399999ms');
      await wrong();
      expect(await tables.of(GuessBudgetRow).find()).toMatchObject([{ failures: 3, lastAt: clock.now() }]);
      clock.advance('24h');
      await wrong();
      expect(await tables.of(GuessBudgetRow).find()).toMatchObject([{ failures: 1, blockedUntil: null }]);
    });

    it('are told no more often for being made in the same moment', async () => {
      for (const known of [false, true]) {
        await tables.of(GuessBudgetRow).clear();
        await guesses.settle(false, [{ ...account, subject: 'bob' }]);
        if (known) await wrong();
        const answers = await Promise.all(Array.from({ length: 20 }, wrong));
        expect(answers.filter((answer) => answer === null)).toHaveLength(known ? 2 : 3);
        expect(answers).toContainEqual(clock.in(30 * SECOND));
        const rows = await tables.of(GuessBudgetRow).find({ order: { failures: 'ASC' } });
        expect(rows).toMatchObject([{ failures: 1 }, { failures: 3 }]);
      }
    });

    // On one connection the order of the statements is known: all read, then the wrong ones count, then the right one.
    if (database.name === 'SQLite') {
      it('are forgiven by a right one of the same moment once it knows of them', async () => {
        await wrong();
        expect(await Promise.all([wrong(), settle(true)])).toEqual([null, null]);
        expect(await tables.of(GuessBudgetRow).count()).toBe(0);
      });

      it('leave nothing to tell of a right one of the same moment, when they were one too many', async () => {
        await wrong();
        const until = clock.in(30 * SECOND);
        expect(await Promise.all([wrong(), wrong(), settle(true)])).toEqual([null, null, until]);
        expect(await tables.of(GuessBudgetRow).find()).toMatchObject([{ failures: 3 }]);
      });
    }
  });

  it('are deleted two days after they last said something', async () => {
    const purge = () => budgetPurge.purge();
    const counts = () =>
      Promise.all([SendBudgetRow, GuessBudgetRow, SourceBudgetRow].map((entity) => tables.of<object>(entity).count()));
    await sends.take('mfa', { channel: 'email', to: 'ada@example.com' }, { gap: false });
    await sources.take('203.0.113.7');
    clock.advance('1h');
    const backoff = { free: 1, firstWait: SECOND, longestWait: SECOND };
    await guesses.settle(false, [{ kind: 'account', subject: 'ada', backoff }]);
    clock.advance('48h');
    await purge();
    expect(await counts()).toEqual([1, 1, 1]);
    await sends.take('mfa', { channel: 'email', to: 'bob@example.com' }, { gap: false });
    await sources.take('203.0.113.8');
    await guesses.settle(false, [{ kind: 'account', subject: 'bob', backoff }]);
    clock.advance('1ms');
    await purge();
    expect(await counts()).toEqual([1, 1, 1]);
  });
});
