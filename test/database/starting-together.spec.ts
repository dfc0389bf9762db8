import { databaseOptions } from '../../src/database/options.js';
import { migrations } from '../../src/database/migrations/index.js';
import { DataSource } from 'typeorm';
import request from 'supertest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databases, type TestDatabase } from '../support/databases.js';
import { listening, spawnServer, START_TIMEOUT } from '../support/server.js';

/** In memory SQLite has nothing to share: here it is a file. */
async function createShared(kind: (typeof databases)[number]): Promise<TestDatabase> {
  if (kind.name !== 'SQLite') return kind.create();
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-shared-'));
  return {
    url: `sqlite:${join(folder, 'shared.sqlite')}`,
    drop: async () => rmSync(folder, { recursive: true }),
  };
}

describe.each(databases)('two servers that start at the same moment on an empty $name', (kind) => {
  it(
    'both come up, and each migration ran once',
    async () => {
      const database = await createShared(kind);
      const env = { DATABASE_URL: database.url, STEPGATE_SECRET: 'q3Vd0hK7mZx1Jt9bWc5LrYp2NfGs8AeU4oTi6BnH' };
      const servers = await Promise.all([spawnServer(env), spawnServer(env)]);
      await Promise.all(servers.map(listening));
      for (const { url } of servers) await request(url).get('/health/ready').expect(200);

      const source = await new DataSource(databaseOptions(database.url)).initialize();
      const ran = await source.query<{ name: string }[]>('SELECT name FROM stepgate_migration ORDER BY id');
      expect(ran.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name));
      const keys = await source.query<{ generation: number }[]>('SELECT generation FROM stepgate_signing_key');
      expect(keys.map(({ generation }) => generation)).toEqual([1]);

      await source.destroy();
      for (const server of servers) await server.remove();
      await database.drop();
    },
    START_TIMEOUT,
  );
});
