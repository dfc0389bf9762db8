import { type FindOptionsWhere, In, type ObjectLiteral, type Repository } from 'typeorm';

/** Rows that one statement deletes at most, so that none holds the table for long. */
const BATCH = 500;
/** Rows that one call deletes at most; the next one goes on. */
const MOST = 50_000;

/**
 * Deletes the rows that match, in batches. Any number of instances may do so at the same moment. A row that does not
 * match any more when its batch comes stays.
 * @param key the primary key's column
 */
export async function deleteInBatches<Row extends ObjectLiteral>(
  rows: Repository<Row>,
  key: keyof Row & string,
  which: FindOptionsWhere<Row>,
): Promise<void> {
  for (let deleted = 0; deleted < MOST; deleted += BATCH) {
    const batch = await rows.find({ select: { [key]: true } as never, where: which, take: BATCH });
    if (batch.length === 0) return;
    await rows.delete({ ...which, [key]: In(batch.map((row) => row[key] as unknown)) });
  }
}
