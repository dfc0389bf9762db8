import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import request from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';

const ROOT = resolve(__dirname, '../..');
const SECRET = randomBytes(48).toString('base64');

/** `node dist/main.js`, as it runs in production: a process of its own. */
export interface Server {
  readonly http: TestAgent;
  readonly process: ChildProcess;
  /** What it has written so far. */
  log(): string;
  /** As by a power cut. */
  kill(): Promise<void>;
}

/** Builds `dist` if the sources are newer. */
export function build(): void {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(ROOT, 'src', name),
  );
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  const built = join(ROOT, 'dist/main.js');
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  execFileSync('npx', ['nest', 'build'], { cwd: ROOT, stdio: 'pipe' });
}

/** Runs a file of `dist` with these settings and no others. */
export function run(file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [join(ROOT, 'dist', file)], {
    env: { PATH, HOME, NODE_ENV: 'test', STEPGATE_SECRET: SECRET, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Starts a server and waits until it answers. */
export async function startServer(env: NodeJS.ProcessEnv): Promise<Server> {
  const port = await freePort();
  const child = run('main.js', { LOG_LEVEL: 'warn', PUBLIC_URL: 'http://stepgate.test', ...env, PORT: String(port) });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answers = await fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) break;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`The server did not start.\n${log}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    http: request(url),
    process: child,
    log: () => log,
    kill: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
