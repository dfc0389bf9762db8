import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const MAIN = join(ROOT, 'dist/main.js');
const START_LIMIT = 60_000;
/** For hooks and tests that start one: longer, so that the limit above speaks first and nothing is left running. */
export const START_TIMEOUT = 2 * START_LIMIT;

/** `node dist/main.js` in an empty folder of its own, as `npm start` runs it: for what only a process can show. */
export interface ServerProcess {
  readonly url: string;
  readonly folder: string;
  /** All that it has written, to both streams. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends it, whatever it does, and removes its folder. */
  remove(): Promise<void>;
}

/** Starts it; it may not be listening yet. */
export async function spawnServer(env: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
  requireFreshBuild();
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    output: () => output,
    signal: (signal) => child.kill(signal),
    exited,
    remove: async () => {
      if (isRunning(child)) child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts it and waits until it listens. */
export async function startServer(env: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
  const server = await spawnServer(env);
  await listening(server);
  return server;
}

/** @throws Error with what it wrote, when it ended, or took too long */
export async function listening(server: ServerProcess): Promise<void> {
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

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** `npm test` builds first; a single spec might be run on yesterday's build. */
function requireFreshBuild(): void {
  const changed = readdirSync(join(ROOT, 'src'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  const built = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < Math.max(...changed)) throw new Error('dist/ is older than src/: run "npm run build" first.');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
