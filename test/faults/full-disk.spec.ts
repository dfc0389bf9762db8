import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailedCode, underTraffic, until } from '../support/customers.js';
import { brokenInvariants } from '../support/invariants.js';
import { Ledger } from '../support/ledger.js';
import { type MailServer, startMailServer } from '../support/mail-server.js';
import { bearer, eventually, newPerson, type Person } from '../support/people.js';
import { type Server, startServer } from '../support/server.js';
import { stored } from '../support/stored.js';

const PLACES = 4;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** As root, on a file system of 64 MiB that nobody else writes to: more than the customers fill. */
describe('a server on SQLite whose disk is full', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-disk-'));
  const databaseUrl = `sqlite:${join(folder, 'test.sqlite')}`;
  const filler = join(folder, 'filler');
  let mail: MailServer;
  let server: Server;

  beforeAll(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]);
    mail = await startMailServer();
    const settings = { DELIVERY: 'live', SMTP_URL: mail.url, MFA_ENFORCEMENT: 'enrolled' };
    server = await startServer({ DATABASE_URL: databaseUrl, ...settings });
  });
  afterAll(async () => {
    await server?.remove();
    await mail?.close();
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

  const rows = (sql: string) => stored(databaseUrl, sql);
  const code = (to: string) => mailedCode({ url: server.url, mail }, to, []);
  const login = ({ email, password }: Person) => server.http.post('/v1/auth/login').send({ email, password });

  it('uses no code and issues no token without the write, and works again when there is room', async () => {
    const [person, waiting] = [newPerson(), newPerson()];
    const { body: one } = await server.http.post('/v1/auth/register').send(person).expect(202);
    const verification = { challengeId: one.verification.id, code: await code(person.email) };
    await server.http.post('/v1/auth/email/verify').send(verification).expect(204);
    const { body: session } = await login(person).expect(200);
    const { body: two } = await server.http.post('/v1/auth/register').send(waiting).expect(202);
    const pending = { challengeId: two.verification.id, code: await code(waiting.email) };

    fillDisk();
    const sessions = await rows('SELECT id FROM stepgate_session');
    // What fits into pages that are there already may still be written: ask until nothing does.
    const statuses: number[] = [];
    for (let n = 0; n < 40 && statuses.at(-1) !== 503; n++) statuses.push((await login(person)).status);
    expect(statuses.at(-1)).toBe(503);
    expect(new Set(statuses)).toEqual(new Set(statuses.length > 1 ? [200, 503] : [503]));
    const answered = statuses.filter((status) => status === 200).length;
    expect(await rows('SELECT id FROM stepgate_session')).toHaveLength(sessions.length + answered);

    const verified = await server.http.post('/v1/auth/email/verify').send(pending);
    expect([204, 503]).toContain(verified.status);
    const [consumedAt] = await rows(`SELECT consumedAt FROM stepgate_challenge WHERE id = '${pending.challengeId}'`);
    expect(consumedAt === null).toBe(verified.status === 503);
    const path = '/v1/auth/session';
    await server.http.get(path).auth(session.accessToken, bearer).expect(200);

    rmSync(filler);
    await eventually(() => login(person).expect(200));
    if (verified.status === 503) await server.http.post('/v1/auth/email/verify').send(pending).expect(204);
    await login(waiting).expect(200);
    expect(await rows('PRAGMA integrity_check')).toEqual(['ok']);
    expect(server.output()).not.toContain('"status":500');
  });

  it('keeps every promise to those who were at it', async () => {
    const ledger = new Ledger();
    const site = { url: server.url, mail, databaseUrl, instances: [server] };
    const refused = () => ledger.failures.filter((failure) => failure !== 'no mail').length;
    await underTraffic(site, ledger, PLACES, async () => {
      // Each time it meets them at other steps.
      for (let times = 0; times < 6; times++) {
        const [lives, failures] = [ledger.lives, refused()];
        await until(() => ledger.lives > lives);
        fillDisk();
        await until(() => refused() >= failures + 2 * PLACES);
        rmSync(filler);
        await pause(500);
      }
      const [lives, failures] = [ledger.lives, refused()];
      await until(() => ledger.lives >= lives + PLACES);
      expect(refused()).toBe(failures);
    });
    // Whoever was to get one, and the disk was full by then.
    expect(ledger.failures.filter((failure) => !/^503|^no mail$/.test(failure))).toEqual([]);
    expect(await brokenInvariants(site, ledger)).toEqual([]);
    expect(await rows('PRAGMA integrity_check')).toEqual(['ok']);
    expect(server.output()).not.toContain('"status":500');
  });
});
