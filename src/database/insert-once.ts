import type { FindOptionsWhere, ObjectLiteral, Repository } from 'typeorm';

/**
 * Inserts a row unless one with that key exists.
 * @returns true for the one caller that inserted it
 * @throws whatever the database says when the key is not the reason
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
    if (await rows.existsBy(key)) return false;
    throw error;
  }
}
