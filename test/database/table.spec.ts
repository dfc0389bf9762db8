import {
  type FindOptionsWhere,
  In,
  IsNull,
  LessThan,
  LessThanOrEqual,
  MoreThan,
  MoreThanOrEqual,
  Not,
  Or,
  DataSource,
  Like,
  QueryFailedError,
} from 'typeorm';
import { Challenge } from '../../src/challenges/challenge.entity.js';
import { Table, type Which } from '../../src/database/table.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const NOON = new Date('2026-03-01T12:00:00.123Z');
const LATER = new Date('2026-03-01T12:00:00.124Z');

function challenge(id: string, changes: Partial<Challenge> = {}): Challenge {
  return {
    id,
    purpose: 'mfa',
    userId: 'ada',
    sessionId: null,
    factorId: null,
    kept: null,
    sealed: `"'\`?:now é ☃ ${id}`,
    delivery: null,
    attempts: 0,
    createdAt: NOON,
    resendAt: null,
    expiresAt: LATER,
    consumedAt: null,
    ...changes,
  };
}

describe.each(databases)('a table on $name', (database) => {
  let app: TestApp;
  let table: Table<Challenge>;

  beforeAll(async () => {
    app = await startApp({ database });
    table = new Table(app.nest.get(DataSource).getRepository(Challenge));
    await table.insert(challenge('one'));
    await table.insert(challenge('two', { attempts: 2, consumedAt: NOON }), challenge('other', { purpose: 'reset' }));
  });

  afterAll(() => app.close());

  const idsOf = async (which: Which<Challenge>) => (await table.find(which, ['id'])).map(({ id }) => id);

  it('gives back what was put in, to the millisecond', async () => {
    expect(await table.findOne({ id: 'two' })).toEqual(challenge('two', { attempts: 2, consumedAt: NOON }));
    expect(await table.findOne({ id: 'two' })).toBeInstanceOf(Challenge);
    expect(await table.findOne({ id: 'none' })).toBeNull();
  });

  it('puts in all of several rows, or none', async () => {
    await expect(table.insert(challenge('new'), challenge('one'))).rejects.toThrow(QueryFailedError);
    expect(await table.findOne({ id: 'new' })).toBeNull();
  });

  it('finds what TypeORM finds', async () => {
    const repository = app.nest.get(DataSource).getRepository(Challenge);
    const asked: Which<Challenge>[] = [
      { purpose: 'mfa', attempts: 2 },
      { purpose: 'mfa', consumedAt: IsNull() },
      { attempts: LessThan(2) },
      { attempts: LessThanOrEqual(2) },
      { attempts: MoreThan(0), createdAt: MoreThanOrEqual(NOON) },
      { expiresAt: MoreThan(LATER) },
      { id: In(['one', 'other', 'none']) },
      { id: Not('one') },
      { consumedAt: Or(IsNull(), LessThanOrEqual(NOON)) },
      { consumedAt: Or(IsNull(), LessThan(NOON)) },
    ];
    for (const which of asked) {
      const expected = await repository.find({ where: which as FindOptionsWhere<Challenge>, order: { id: 'ASC' } });
      expect([which, await table.find(which, ['id'])]).toEqual([which, expected]);
    }
  });

  it('reads no more than the columns that are picked', async () => {
    const rows = await table.pick(['id', 'consumedAt', 'attempts'], { id: 'two' });
    expect(rows).toEqual([{ id: 'two', consumedAt: NOON, attempts: 2 }]);
    await expect(table.pick(['none' as never], {})).rejects.toThrow('has no none');
  });

  it('takes null for what it says', async () => {
    expect(await idsOf({ consumedAt: null })).toEqual(['one', 'other']);
  });

  it('changes the rows that match, and says how many, also when nothing is new in them', async () => {
    const [mfa, reset] = [{ purpose: 'mfa' }, { purpose: 'reset' }];
    expect(await table.update(mfa, { attempts: () => 'attempts + 1', resendAt: LATER })).toBe(2);
    expect(await table.update(mfa, { resendAt: LATER })).toBe(2);
    expect(await table.update({ ...reset, attempts: 9 }, { resendAt: LATER })).toBe(0);
    expect(
      (await table.find({ attempts: MoreThanOrEqual(0) }, ['id'])).map(({ id, attempts, resendAt }) => [
        id,
        attempts,
        resendAt,
      ]),
    ).toEqual([
      ['one', 1, LATER],
      ['other', 0, null],
      ['two', 3, LATER],
    ]);
  });

  it('changes nothing where what was provided does not hold', async () => {
    const sql = 'EXISTS (SELECT 1 FROM stepgate_challenge WHERE purpose = :wanted AND createdAt <= :by)';
    const provided = (wanted: string) => ({ sql, parameters: { wanted, by: NOON } });
    expect(await table.update({ id: 'one' }, { kept: 'a' }, provided('none'))).toBe(0);
    expect(await table.update({ id: 'one' }, { kept: 'b' }, provided('reset'))).toBe(1);
    expect(await table.findOne({ id: 'one' })).toMatchObject({ kept: 'b' });
  });

  it('sends no statement that says less, or something else, than was meant', async () => {
    await expect(table.update({ id: undefined }, { attempts: 0 })).rejects.toThrow('no value for id');
    await expect(table.find({ none: 1 } as never)).rejects.toThrow('has no none');
    await expect(table.find({ id: Like('o%') })).rejects.toThrow('does not know the operator like');
    await expect(table.find({ consumedAt: Not(IsNull()) })).rejects.toThrow('around another');
    await expect(table.find({ attempts: Not(LessThan(1)) })).rejects.toThrow('around another');
  });
});
