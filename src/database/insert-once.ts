import type { FindOptionsWhere, ObjectLiteral, Repository } from 'typeorm';
import { endedConnection } from './unavailable.js';

/**
 * Inserts a row unless one with that key exists.
 * @returns true for the one caller that inserted it
 * @throws whatever the database says when the key is not the reason, or may not be: the connection ended with the answer
 */
export async function insertOnce<Row extends ObjectLiteral>(
  rows: Repository<Row>,
  row: Row,
  key: FindOptionsWhere<Row>,
): Promise<boolean> {
  try {
    await rows.insert(row);
    return true;
  } catch (error) {
    if (await isTaken(rows, key, error)) return false;
    throw error;
  }
}

/**
 * Whether a write failed because a row has that key already. Not when the connection ended with the answer: the row that
 * is there may be what this caller has written.
 */
export async function isTaken<Row extends ObjectLiteral>(
  rows: Repository<Row>,
  key: FindOptionsWhere<Row>,
  error: unknown,
): Promise<boolean> {
  return !endedConnection(error) && (await rows.existsBy(key));
}
