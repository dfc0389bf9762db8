import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseKind, TestDatabase } from './databases.js';

/** A database that outlives the server: for restarts, and for several servers on one database. */
export async function createPersistent(kind: DatabaseKind): Promise<TestDatabase> {
  if (kind.name !== 'SQLite') return kind.create();
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
  return {
    url: `sqlite:${join(folder, 'test.sqlite')}`,
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
