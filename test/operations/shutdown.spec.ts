import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';
import { SMTPServer } from 'smtp-server';
import request from 'supertest';
import { bearer, eventually, newPerson } from '../support/people.js';
import { type Server, START_TIMEOUT, startServer } from '../support/server.js';

/** A mail server that takes its time. */
class SlowMail {
  readonly letters: string[] = [];
  private deliver: (() => void) | null = null;
  private readonly server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, callback) => {
      let letter = '';
      stream.on('data', (chunk) => (letter += String(chunk)));
      stream.on('end', () => {
        this.letters.push(letter);
        if (this.slow) this.deliver = callback;
        else callback();
      });
    },
  });
  slow = false;

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(this.server.server.address() as { port: number }).port}`;
  }

  lastCode(): string {
    return /\b(\d{6})\b is/.exec(this.letters.at(-1) ?? '')![1];
  }

  get waiting(): boolean {
    return this.deliver !== null;
  }

  goOn(): void {
    this.deliver!();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

describe('a server that is told to stop', () => {
  const mail = new SlowMail();
  let server: Server;
  let smtp: string;

  beforeAll(async () => {
    smtp = await mail.listen();
  });
  beforeEach(async () => {
    mail.slow = false;
    server = await startServer({ DELIVERY: 'live', SMTP_URL: smtp });
  }, START_TIMEOUT);
  afterEach(() => server.remove());
  afterAll(() => mail.close());

  it('takes no more requests, finishes its answers, closes the database, and exits with 0', async () => {
    const http = request(server.url);
    const person = newPerson();
    const { body: registered } = await http.post('/v1/auth/register').send(person).expect(202);
    const code = await eventually(() => mail.lastCode());
    await http.post('/v1/auth/email/verify').send({ challengeId: registered.verification.id, code }).expect(204);
    const { body: session } = await http.post('/v1/auth/login').send(person).expect(200);

    // More than are hashed at once: some still wait for their turn when the server is told to stop.
    const logins = Array.from({ length: 12 }, () => http.post('/v1/auth/login').send(person).expect(200));
    const loggedIn = Promise.all(logins.map((login) => login.then(({ status }) => status)));
    mail.slow = true;
    const answer = http.post('/v1/mfa/factors').auth(session.accessToken, bearer).send({ type: 'email' }).expect(201);
    const answered = answer.then(({ body }) => body as { factor: { id: string } });
    await eventually(() => expect(mail.waiting).toBe(true));

    server.signal('SIGTERM');
    await eventually(() => expect(http.get('/health/live')).rejects.toThrow('ECONNREFUSED'));
    mail.goOn();
    const { factor } = await answered;
    expect(await loggedIn).toEqual(Array(12).fill(200));
    expect(await server.exited).toBe(0);

    const file = join(server.folder, 'data/stepgate.sqlite');
    // SQLite removes its log when the last connection is closed in order.
    expect(existsSync(`${file}-wal`)).toBe(false);
    const database = new BetterSqlite3(file, { readonly: true });
    expect(database.prepare('SELECT id FROM stepgate_factor').all()).toEqual([{ id: factor.id }]);
    database.close();
  });

  it('sends the mails that its last answers promised, and keeps their events', async () => {
    const http = request(server.url);
    const people = Array.from({ length: 12 }, newPerson);
    const answers = people.map((person) => http.post('/v1/auth/register').send(person).expect(202));
    const registered = answers.map((answer) => answer.then(({ status }) => status));
    // All are hashed as soon as there is a turn, so most still wait for theirs.
    await Promise.race(registered);
    expect(mail.letters.length).toBeLessThan(people.length);

    server.signal('SIGTERM');
    expect(await Promise.all(registered)).toEqual(people.map(() => 202));
    expect(await server.exited).toBe(0);
    for (const { email } of people) expect(mail.letters.join('')).toContain(`To: ${email}`);
    const database = new BetterSqlite3(join(server.folder, 'data/stepgate.sqlite'), { readonly: true });
    const events = database.prepare('SELECT COUNT(*) AS n FROM stepgate_audit_event WHERE type = ?');
    expect(events.get('registration.requested')).toEqual({ n: people.length });
    database.close();
  });

  it('waits for nobody who is connected and asks nothing, and not for ever for half a request', async () => {
    const { port } = new URL(server.url);
    const connected = async (bytes: string) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      if (bytes) socket.write(bytes);
      return once(socket, 'close').then(() => performance.now());
    };
    const [silent, half] = [connected(''), connected('GET /health/live HTTP/1.1\r\nHos')];
    await server.http.get('/health/live').expect(200);
    const told = performance.now();
    server.signal('SIGTERM');
    expect((await silent) - told).toBeLessThan(5_000);
    expect((await half) - told).toBeLessThan(15_000);
    expect(await server.exited).toBe(0);
  }, 40_000);
});

describe('a process that has a thread at hand for passwords, and no password', () => {
  it('ends when it has nothing else to do', async () => {
    const threads = pathToFileURL(resolve(__dirname, '../../dist/users/hashing-threads.js'));
    const script = `import { HashingThreads } from '${threads.href}'; new HashingThreads(1).begin();`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 10_000 });
  }, 15_000);
});
