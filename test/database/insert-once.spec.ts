import { setTimeout as pause } from 'node:timers/promises';
import { insertOnce } from '../../src/database/insert-once.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
import { Factor } from '../../src/mfa/enrollment/factor.entity.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { Cable } from '../support/cable.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { openTables, type Tables } from '../support/tables.js';

describe.each(databases.filter(({ name }) => name === 'MariaDB'))('a row that is inserted once on $name', (kind) => {
  let database: TestDatabase;
  let cable: Cable;
  let tables: Tables;

  beforeAll(async () => {
    database = await kind.create();
    cable = await Cable.to(database.url);
    tables = await openTables({ ...kind, create: async () => ({ ...database, url: cable.url }) }, [
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

  it('is told from one that another has inserted', async () => {
    const sourceHash = 'a'.repeat(64);
    expect(await Promise.all([insert(sourceHash), insert(sourceHash)])).toEqual(expect.arrayContaining([true, false]));
    expect(await insert(sourceHash)).toBe(false);
  });

  /** Does the work, whose statement the database carries out while its answer gets lost with the connection. */
  const withAnswerLost = async (event: string, table: string, work: () => Promise<unknown>) => {
    await tables
      .of(SourceBudgetRow)
      .query(`CREATE TRIGGER slowly AFTER ${event} ON ${table} FOR EACH ROW DO SLEEP(0.5)`);
    const lost = expect(work()).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    await pause(200);
    cable.clog();
    await pause(600);
    cable.mend();
    await lost;
    await tables.of(SourceBudgetRow).query('DROP TRIGGER slowly');
  };

  it('is no other’s when the answer is lost on the way: whose it is, nobody knows', async () => {
    const sourceHash = 'b'.repeat(64);
    await withAnswerLost('INSERT', 'stepgate_source_budget', () => insert(sourceHash));
    expect(await tables.of(SourceBudgetRow).existsBy({ sourceHash })).toBe(true);
  });

  it('nor is the authenticator that a factor was made active with', async () => {
    const factors = new FactorRepository(tables.of(Factor));
    const factor: Factor = {
      id: 'f'.repeat(22),
      userId: 'u'.repeat(22),
      slot: 0,
      type: 'webauthn',
      status: 'pending',
      label: 'key',
      destination: null,
      sealed: null,
      uniqueKey: null,
      preferred: false,
      createdAt: new Date(),
      lastUsedAt: null,
      failures: 0,
      blockedUntil: null,
    };
    await tables.of(Factor).insert(factor);
    const uniqueKey = 'c'.repeat(64);
    const changes = { sealed: null, uniqueKey, preferred: true, lastUsedAt: null };
    await withAnswerLost('UPDATE', 'stepgate_factor', () => factors.activate(factor, changes));
    expect(await factors.findByUniqueKey(uniqueKey)).toMatchObject({ id: factor.id, status: 'active' });
  });
});
