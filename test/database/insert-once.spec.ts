import { setTimeout as pause } from 'node:timers/promises';
import { insertOnce } from '../../src/database/insert-once.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
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
    tables = await openTables({ ...kind, create: async () => ({ ...database, url: cable.url }) }, [SourceBudgetRow]);
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

  it('is no other’s when the answer is lost on the way: whose it is, nobody knows', async () => {
    const sourceHash = 'b'.repeat(64);
    await tables
      .of(SourceBudgetRow)
      .query('CREATE TRIGGER slowly AFTER INSERT ON stepgate_source_budget FOR EACH ROW DO SLEEP(0.5)');
    const inserting = insert(sourceHash);
    const lost = expect(inserting).rejects.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    await pause(200);
    cable.clog();
    await pause(600);
    cable.mend();
    await lost;
    expect(await tables.of(SourceBudgetRow).existsBy({ sourceHash })).toBe(true);
  });
});
