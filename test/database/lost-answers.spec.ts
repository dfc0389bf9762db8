import { setTimeout as pause } from 'node:timers/promises';
import { insertOnce } from '../../src/database/insert-once.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { CountryTraffic } from '../../src/limits/country-traffic.js';
import { CountryTrafficRow } from '../../src/limits/country-traffic.entity.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
import { Factor } from '../../src/mfa/enrollment/factor.entity.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { Cable } from '../support/cable.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { pendingFactor } from '../support/second-factors.js';
import { openTables, type Tables } from '../support/tables.js';

describe.each(databases.filter(({ name }) => name === 'MariaDB'))('a write that is to happen once on $name', (kind) => {
  let database: TestDatabase;
  let cable: Cable;
  let tables: Tables;

  beforeAll(async () => {
    database = await kind.create();
    cable = await Cable.to(database.url);
    tables = await openTables({ ...kind, create: async () => ({ ...database, url: cable.url }) }, [
      CountryTrafficRow,
      Factor,
      SourceBudgetRow,
    ]);
  });

  afterAll(async () => {
    await tables.close();
    await cable.remove();
  });

  const insert = (sourceHash: string) =>
    insertOnce(tables.of(SourceBudgetRow), { sourceHash, used: 1, resetAt: new Date() }, { sourceHash });

  it('is told from what another has inserted', async () => {
    const sourceHash = 'a'.repeat(64);
    expect(await Promise.all([insert(sourceHash), insert(sourceHash)])).toEqual(expect.arrayContaining([true, false]));
    expect(await insert(sourceHash)).toBe(false);
  });

  /** Does the work, whose statement the database carries out while its answer gets lost with the connection. */
  const withAnswerLost = async (event: string, table: string, work: () => Promise<unknown>) => {
    await tables
      .of(SourceBudgetRow)
      .query(`CREATE TRIGGER slowly AFTER ${event} ON ${table} FOR EACH ROW DO SLEEP(0.5)`);
    const working = Promise.allSettled([work()]);
    await pause(200);
    cable.clog();
    await pause(600);
    cable.mend();
    const [outcome] = await working;
    await tables.of(SourceBudgetRow).query('DROP TRIGGER slowly');
    return outcome;
  };
  const LOST = { status: 'rejected', reason: { code: 'PROTOCOL_CONNECTION_LOST' } };

  it('is no other’s when the answer is lost on the way: whose it is, nobody knows', async () => {
    const sourceHash = 'b'.repeat(64);
    const inserting = () => insert(sourceHash);
    expect(await withAnswerLost('INSERT', 'stepgate_source_budget', inserting)).toMatchObject(LOST);
    expect(await tables.of(SourceBudgetRow).existsBy({ sourceHash })).toBe(true);
  });

  it('nor is the authenticator that a factor was made active with', async () => {
    const factors = new FactorRepository(tables.of(Factor));
    const factor = pendingFactor({ type: 'webauthn' });
    await tables.of(Factor).insert(factor);
    const uniqueKey = 'c'.repeat(64);
    const changes = { sealed: null, uniqueKey, preferred: true, lastUsedAt: null };
    const activating = () => factors.activate(factor, changes);
    expect(await withAnswerLost('UPDATE', 'stepgate_factor', activating)).toMatchObject(LOST);
    expect(await factors.findByUniqueKey(uniqueKey)).toMatchObject({ id: factor.id, status: 'active' });
  });

  it('nor is a code that came back from a country counted a second time', async () => {
    const traffic = new CountryTraffic(tables.of(CountryTrafficRow), new SystemClock());
    await traffic.take('sms:49');
    traffic.reached('sms:49');
    await withAnswerLost('UPDATE', 'stepgate_country_traffic', () => traffic.flush());
    await traffic.flush();
    expect(await tables.of(CountryTrafficRow).find()).toMatchObject([{ country: 'sms:49', reached: 1 }]);
  });
});
