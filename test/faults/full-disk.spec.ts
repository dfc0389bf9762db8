import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { bearer, eventually, newPerson, type Person } from '../support/people.js';
import { type Server, startServer } from '../support/server.js';

/** As root, on a file system of 4 MiB that nobody else writes to. */
describe('a server on SQLite whose disk is full', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-disk-'));
  const file = join(folder, 'test.sqlite');
  const filler = join(folder, 'filler');
  let server: Server;

  beforeAll(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    server = await startServer({ DATABASE_URL: `sqlite:${file}` });
  });
  afterAll(async () => {
    await server?.remove();
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  function fillDisk(): void {
    const descriptor = openSync(filler, 'a');
    try {
      for (let size = 65_536; size >= 1; size = size / 16) {
        try {
          for (;;) writeSync(descriptor, Buffer.alloc(size));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      closeSync(descriptor);
    }
  }

  const rows = (sql: string) => {
    const database = new BetterSqlite3(file, { readonly: true });
    const found = database.prepare(sql).all();
    database.close();
    return found;
  };
  const code = async (to: string) => {
    const { body } = await server.http.get('/v1/dev/outbox').query({ to }).expect(200);
    return body[0].code as string;
  };
  const login = ({ email, password }: Person) => server.http.post('/v1/auth/login').send({ email, password });

  it('uses no code and issues no token without the write, and works again when there is room', async () => {
    const [person, waiting] = [newPerson(), newPerson()];
    const { body: one } = await server.http.post('/v1/auth/register').send(person).expect(202);
    const verification = { challengeId: one.verification.id, code: await eventually(() => code(person.email)) };
    await server.http.post('/v1/auth/email/verify').send(verification).expect(204);
    const { body: session } = await login(person).expect(200);
    const { body: two } = await server.http.post('/v1/auth/register').send(waiting).expect(202);
    const pending = { challengeId: two.verification.id, code: await eventually(() => code(waiting.email)) };

    fillDisk();
    const sessions = rows('SELECT id FROM stepgate_session');
    // What fits into pages that are there already may still be written: ask until nothing does.
    const statuses: number[] = [];
    for (let n = 0; n < 40 && statuses.at(-1) !== 503; n++) statuses.push((await login(person)).status);
    expect(statuses.at(-1)).toBe(503);
    expect(new Set(statuses)).toEqual(new Set(statuses.length > 1 ? [200, 503] : [503]));
    const answered = statuses.filter((status) => status === 200).length;
    expect(rows('SELECT id FROM stepgate_session')).toHaveLength(sessions.length + answered);

    const verified = await server.http.post('/v1/auth/email/verify').send(pending);
    expect([204, 503]).toContain(verified.status);
    const [{ consumedAt }] = rows(`SELECT consumedAt FROM stepgate_challenge WHERE id = '${pending.challengeId}'`) as [
      { consumedAt: string | null },
    ];
    expect(consumedAt === null).toBe(verified.status === 503);
    const path = '/v1/auth/session';
    await server.http.get(path).auth(session.accessToken, bearer).expect(200);

    rmSync(filler);
    await eventually(() => login(person).expect(200));
    if (verified.status === 503) await server.http.post('/v1/auth/email/verify').send(pending).expect(204);
    await login(waiting).expect(200);
    expect(rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(server.output()).not.toContain('"status":500');
  });
});
