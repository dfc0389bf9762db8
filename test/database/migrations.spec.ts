import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { migrations } from '../../src/database/migrations/index.js';
import { databaseOptions } from '../../src/database/options.js';
import { databases, type TestDatabase } from '../support/databases.js';

/** Asked for by SQL: TypeORM would look through every database of the server, some of which other tests are dropping. */
async function tablesOf(source: DataSource): Promise<string[]> {
  const listing =
    source.options.type === 'better-sqlite3'
      ? `SELECT name FROM sqlite_master WHERE type = 'table'`
      : `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()`;
  const tables = await source.query<{ name: string }[]>(`${listing} ORDER BY name`);
  return tables.map(({ name }) => name).filter((name) => name.startsWith('stepgate_'));
}

/** Everything the database says of its own tables: columns, types, defaults, indexes. */
async function describeSchema(source: DataSource): Promise<unknown> {
  if (source.options.type === 'better-sqlite3') {
    return source.query(`SELECT type, name, sql FROM sqlite_master WHERE name LIKE 'stepgate%' OR tbl_name LIKE 'stepgate%'
      ORDER BY type, name`);
  }
  return Promise.all((await tablesOf(source)).map((name) => source.query(`SHOW CREATE TABLE ${name}`)));
}

describe.each(databases)('the migrations on $name', (kind) => {
  let database: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    database = await kind.create();
    source = await new DataSource(databaseOptions(database.url)).initialize();
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  it('go up, down and up again to the same schema', async () => {
    await source.runMigrations();
    const first = await describeSchema(source);
    expect((await tablesOf(source)).length).toBeGreaterThan(5);

    for (let left = migrations.length; left > 0; left--) await source.undoLastMigration();
    expect(await tablesOf(source)).toEqual(['stepgate_migration']);

    await source.runMigrations();
    // MariaDB tells the next id of the table of migrations too.
    const plain = (schema: unknown) => JSON.stringify(schema).replace(/ AUTO_INCREMENT=\d+/g, '');
    expect(plain(await describeSchema(source))).toBe(plain(first));
  });
});

describe('npm run migration:*', () => {
  it('runs, shows and reverts through ormconfig.ts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stepgate-migrations-'));
    const env = { PATH: process.env.PATH, DATABASE_URL: `sqlite:${join(folder, 'fresh.sqlite')}` };
    const npmRun = async (script: string) => {
      const run = promisify(execFile)('npm', ['run', script], { env, cwd: resolve(__dirname, '../..') });
      return (await run).stdout;
    };
    const newest = migrations.at(-1)!.name;
    await npmRun('migration:run');
    expect(await npmRun('migration:show')).toContain(`[X] ${migrations.length} ${newest}`);
    await npmRun('migration:revert');
    expect(await npmRun('migration:show')).toContain(`[ ] ${newest}`);
    rmSync(folder, { recursive: true });
  }, 120_000);
});
