import BetterSqlite3 from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';

/** The first column of what the database of a running server answers. */
export async function stored(databaseUrl: string, sql: string): Promise<string[]> {
  if (databaseUrl.startsWith('sqlite:')) {
    const file = new BetterSqlite3(databaseUrl.slice('sqlite:'.length), { readonly: true });
    const values = file.prepare(sql).pluck().all() as string[];
    file.close();
    return values;
  }
  const database = await createConnection(databaseUrl);
  const [rows] = await database.query({ sql, rowsAsArray: true });
  await database.end();
  return (rows as string[][]).map(([value]) => value);
}
