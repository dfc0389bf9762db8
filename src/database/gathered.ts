import DataLoader from 'dataloader';
import { In, type ObjectLiteral } from 'typeorm';
import type { Provided } from './provided.js';
import type { Provisional, Table, Which } from './table.js';
import { endedConnection } from './unavailable.js';

/** Askers that share a statement. A driver keeps each statement's text: there are to be few for each purpose. */
const TOGETHER = 16;

/**
 * Reads for all who ask in one turn of the event loop in one statement: where many sign in at once, and go on in step
 * (`http/in-step.ts`), a statement serves several of them. Nothing is remembered: what is asked for is read afterwards.
 * @param readAll in the order of the keys; the same key may be among them twice, and one value serve both
 */
export function gatheredReads<Key, Value>(
  readAll: (keys: readonly Key[]) => Promise<Value[]>,
): (key: Key) => Promise<Value> {
  const loader = new DataLoader<Key, Value>(readAll, { cache: false, maxBatchSize: TOGETHER });
  return (key) => loader.load(key);
}

/** As {@link gatheredReads}: the row that has the key in this column, which is unique, or null. */
export function gatheredRows<Row extends ObjectLiteral, Name extends keyof Row & string>(
  table: Table<Row>,
  name: Name,
): (key: Row[Name]) => Promise<Row | null> {
  return gatheredReads(async (keys) => {
    const rows = await table.find({ [name]: In(keys) } as Which<Row>);
    const byKey = new Map(rows.map((row) => [row[name], row]));
    return keys.map((key) => byKey.get(key) ?? null);
  });
}

/**
 * Inserts the rows of all who ask in one turn of the event loop in one statement, with one commit for all. Should it
 * fail, each row is inserted by itself, so nobody suffers for another's; unless the connection ended: then nobody knows
 * whether they are there, and all are told.
 * @param name the column of the primary key
 * @returns a function that tells whether the row was inserted: it is if what it is provided with holds
 * @throws whatever the database says of the asker's own row, or of the connection
 */
export function gatheredInserts<Row extends ObjectLiteral, Name extends keyof Row & string>(
  table: Table<Row>,
  name: Name,
): (row: Row, provided?: Provided | null) => Promise<boolean> {
  const insertAll = async (asked: readonly Provisional<Row>[]): Promise<(boolean | Error)[]> => {
    try {
      const inserted = await table.insertProvided(...(asked as [Provisional<Row>, ...Provisional<Row>[]]));
      if (inserted === asked.length) return asked.map(() => true);
      if (inserted === 0) return asked.map(() => false);
    } catch (error) {
      if (asked.length === 1 || endedConnection(error)) throw error;
      return Promise.all(
        asked.map((one) =>
          insertAll([one]).then(
            ([told]) => told,
            (error: Error) => error,
          ),
        ),
      );
    }
    const keys = asked.map(({ row }) => row[name]);
    const there = await table.pick([name], { [name]: In(keys) } as Which<Row>);
    const inserted = new Set(there.map((row) => row[name]));
    return keys.map((key) => inserted.has(key));
  };
  const loader = new DataLoader<Provisional<Row>, boolean>(insertAll, { cache: false, maxBatchSize: TOGETHER });
  return (row, provided = null) => loader.load({ row, provided });
}
