import { DataSource, In } from 'typeorm';
import { gatheredInserts, gatheredRows } from '../../src/database/gathered.js';
import { Table } from '../../src/database/table.js';
import { GuessBudgetRow } from '../../src/limits/guess-budget.entity.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { statementsDuring } from '../support/statements.js';

const NOON = new Date('2026-03-01T12:00:00.000Z');
const MOST_TOGETHER = 16;

const hash = (name: string) => name.padEnd(64, '-');
const budget = (name: string): GuessBudgetRow =>
  Object.assign(new GuessBudgetRow(), { subjectHash: hash(name), failures: 1, lastAt: NOON, blockedUntil: null });

describe.each(databases)('what is asked in one turn, on $name', (database) => {
  let app: TestApp;
  let table: Table<GuessBudgetRow>;

  beforeAll(async () => {
    app = await startApp({ database });
    table = new Table(app.nest.get(DataSource).getRepository(GuessBudgetRow));
  });
  beforeEach(() => app.nest.get(DataSource).getRepository(GuessBudgetRow).clear());
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => app.close());

  const find = (names: string[]) => table.find({ subjectHash: In(names.map(hash)) }, ['subjectHash']);

  describe('of reads', () => {
    it('is one statement, and everyone gets his own', async () => {
      await table.insert(budget('a'), budget('b'));
      const read = gatheredRows(table, 'subjectHash');
      const asked = async () => {
        expect(await Promise.all(['b', 'none', 'a', 'b'].map(hash).map(read))).toEqual([
          budget('b'),
          null,
          budget('a'),
          budget('b'),
        ]);
      };
      expect(await statementsDuring(app, asked)).toHaveLength(1);
    });

    it('is never what was read before', async () => {
      const read = gatheredRows(table, 'subjectHash');
      expect(await read(hash('a'))).toBeNull();
      await table.insert(budget('a'));
      expect(await read(hash('a'))).toEqual(budget('a'));
    });
  });

  describe('of inserts', () => {
    it('is one statement, for so many rows at most', async () => {
      const insert = gatheredInserts(table, 'subjectHash');
      const names = Array.from({ length: MOST_TOGETHER + 1 }, (_, n) => `row${n}`);
      const asked = () => Promise.all(names.map((name) => insert(budget(name))));
      expect(await statementsDuring(app, asked)).toHaveLength(2);
      expect(await find(names)).toHaveLength(names.length);
    });

    it('tells each whether his condition held', async () => {
      await table.insert(budget('there'));
      const insert = gatheredInserts(table, 'subjectHash');
      const whileThereIs = (name: string) => ({
        sql: 'EXISTS (SELECT 1 FROM stepgate_guess_budget WHERE subjectHash = :wanted)',
        parameters: { wanted: hash(name) },
      });
      const asked = async () => {
        const told = [
          insert(budget('a'), whileThereIs('there')),
          insert(budget('b'), whileThereIs('gone')),
          insert(budget('c')),
        ];
        expect(await Promise.all(told)).toEqual([true, false, true]);
      };
      // The second, as not all were inserted, reads which.
      expect(await statementsDuring(app, asked)).toHaveLength(2);
      expect(await find(['a', 'b', 'c'])).toEqual([budget('a'), budget('c')]);
      expect(await insert(budget('d'), whileThereIs('gone'))).toBe(false);
      expect(await insert(budget('d'), whileThereIs('there'))).toBe(true);
    });

    it('fails for the one row that cannot be inserted, alone', async () => {
      await table.insert(budget('taken'));
      const insert = gatheredInserts(table, 'subjectHash');
      const results = await Promise.allSettled(['a', 'taken', 'b'].map((name) => insert(budget(name))));
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: { name: 'QueryFailedError' } });
      expect(await find(['a', 'b', 'taken'])).toHaveLength(3);
    });

    it('is not tried again when the connection ended with the answer: the rows may be there', async () => {
      const lost = Object.assign(new Error('The connection is gone.'), { fatal: true });
      const inserted = jest.spyOn(table, 'insertProvided').mockRejectedValue(lost);
      const insert = gatheredInserts(table, 'subjectHash');
      const results = await Promise.allSettled(['a', 'b'].map((name) => insert(budget(name))));
      expect(results).toEqual(Array(2).fill({ status: 'rejected', reason: lost }));
      expect(inserted).toHaveBeenCalledTimes(1);
    });
  });
});
