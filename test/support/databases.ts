import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { isPresent, SERVICES } from './services.js';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export interface DatabaseKind {
  readonly name: 'SQLite' | 'MariaDB';
  create(): Promise<TestDatabase>;
}

const sqlite: DatabaseKind = {
  name: 'SQLite',
  create: () => Promise.resolve({ url: 'sqlite::memory:', drop: () => Promise.resolve() }),
};

const mariadb: DatabaseKind = {
  name: 'MariaDB',
  create: async () => {
    const name = `stepgate_test_${randomBytes(6).toString('hex')}`;
    const run = async (sql: string) => {
      const connection = await createConnection(SERVICES.MariaDB);
      await connection.query(sql);
      await connection.end();
    };
    await run(`CREATE DATABASE ${name}`);
    return { url: `${SERVICES.MariaDB.replace(/\/$/, '')}/${name}`, drop: () => run(`DROP DATABASE ${name}`) };
  },
};

/** The databases that this run has: `describe.each(databases)('… on $name', ({ create }) => …)`. */
export const databases: DatabaseKind[] = isPresent('MariaDB') ? [sqlite, mariadb] : [sqlite];
