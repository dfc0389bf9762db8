import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import request from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';

const ROOT = resolve(__dirname, '../..');
const START_LIMIT = 60_000;
/** For hooks and tests that start one: longer, so that the limit above speaks first and nothing is left running. */
export const START_TIMEOUT = 2 * START_LIMIT;

/** `node dist/main.js` in an empty folder of its own, as `npm start` runs it: for what only a process can show. */
export interface Server {
  readonly url: string;
  readonly http: TestAgent;
  readonly folder: string;
  readonly pid: number;
  /** The code in the newest message to that address, by way of the development outbox. */
  lastCode(to: string): Promise<string>;
  /** All that it has written, to both streams. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends it as a power cut would, whatever it does, and removes its folder. */
  remove(): Promise<void>;
}

/** Runs a file of `dist`, or one of a customer, with these settings and no others. */
export function runBuilt(file: string, env: NodeJS.ProcessEnv, cwd?: string) {
  requireFreshBuild();
  return spawn(process.execPath, [resolve(ROOT, 'dist', file)], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Starts it, on a free port unless one is given; it may not be listening yet. */
export async function spawnServer(env: NodeJS.ProcessEnv = {}, file = 'main.js'): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
  const port = env.PORT ?? String(await freePort());
  const child = runBuilt(file, { ...env, PORT: port }, folder);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const url = `http://127.0.0.1:${port}`;
  const http = request(url);
  return {
    url,
    http,
    folder,
    pid: child.pid!,
    lastCode: async (to) => (await http.get('/v1/dev/outbox').query({ to }).expect(200)).body[0].code,
    output: () => output,
    signal: (signal) => child.kill(signal),
    exited,
    remove: async () => {
      if (isRunning(child)) child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts it and waits until it listens. */
export async function startServer(env: NodeJS.ProcessEnv = {}): Promise<Server> {
  const server = await spawnServer(env);
  await listening(server);
  return server;
}

/** @throws Error with what it wrote, when it ended, or took too long */
export async function listening(server: Server): Promise<void> {
  let ended = false;
  void server.exited.then(() => (ended = true));
  const deadline = performance.now() + START_LIMIT;
  while (!server.output().includes('Listening on')) {
    if (ended || performance.now() > deadline) {
      const output = server.output();
      await server.remove();
      throw new Error(`The server did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** `npm test` builds first; a single spec might be run on yesterday's build. */
function requireFreshBuild(): void {
  const changed = readdirSync(join(ROOT, 'src'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  const built = statSync(join(ROOT, 'dist/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < Math.max(...changed)) throw new Error('dist/ is older than src/: run "npm run build" first.');
}
