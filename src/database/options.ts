import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import type { DataSourceOptions } from 'typeorm';
import { impatientSockets } from './impatient-sockets.js';
import { migrations } from './migrations/index.js';

export const DEFAULT_DATABASE_URL = 'sqlite:data/stepgate.sqlite';

/**
 * TypeORM options for a database URL.
 * @param url `mysql://user:password@host:port/database` (also `mariadb://`), or `sqlite:path` (`sqlite::memory:` too)
 * @throws Error when the URL is of another kind
 */
export function databaseOptions(url: string): DataSourceOptions {
  const shared = { migrations, migrationsTableName: 'stepgate_migration', synchronize: false } as const;
  if (url.startsWith('sqlite:')) {
    const database = url.slice('sqlite:'.length);
    if (database !== ':memory:') mkdirSync(dirname(database), { recursive: true });
    return { ...shared, type: 'better-sqlite3', database, enableWAL: true, prepareDatabase: prepareSqlite };
  }
  if (/^(mysql|mariadb):\/\//.test(url)) {
    return {
      ...shared,
      type: 'mysql',
      url: url.replace(/^mariadb:/, 'mysql:'),
      charset: 'utf8mb4',
      timezone: 'Z',
      poolSize: 10,
      // A stack for each statement takes a twentieth of a login; TypeORM's error has one of its own.
      extra: { stream: impatientSockets(), trace: false },
    };
  }
  throw new Error('A database URL starts with mysql://, mariadb:// or sqlite:');
}

/** The same, but connections may be silent for as long as a migration takes. */
export function patientOptions(options: DataSourceOptions): DataSourceOptions {
  return { ...options, extra: undefined };
}

function prepareSqlite(database: BetterSqlite3.Database): void {
  // In WAL mode NORMAL survives a killed process; only a power cut can take the last commits.
  database.pragma('synchronous = NORMAL');
  // In pages, of 4 KB: pages that many commits change are copied into the file, and synced, a quarter as often.
  database.pragma('wal_autocheckpoint = 4000');
}
