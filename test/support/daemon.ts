import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, isRunning } from './server.js';
import { SERVICES } from './services.js';

const START_LIMIT = 30_000;

/** A service of the test's own, which it may kill, freeze and start again. */
export class Daemon {
  private child?: ChildProcess;

  constructor(
    readonly folder: string,
    readonly port: number,
    private readonly command: readonly [string, ...string[]],
  ) {}

  /** Starts it and waits until it takes connections. */
  async start(): Promise<this> {
    const [program, ...args] = this.command;
    this.child = spawn(program, args, { stdio: 'ignore' });
    const deadline = performance.now() + START_LIMIT;
    while (!(await takesConnections(this.port))) {
      if (!isRunning(this.child) || performance.now() > deadline) throw new Error(`${program} did not start.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this;
  }

  /** It says nothing any more, and its connections stay: a host that hangs. */
  freeze(): void {
    this.child!.kill('SIGSTOP');
  }

  thaw(): void {
    this.child!.kill('SIGCONT');
  }

  /** @param signal SIGTERM to let it shut down, SIGKILL as by a power cut */
  async stop(signal: NodeJS.Signals): Promise<void> {
    if (!this.child || !isRunning(this.child)) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const newFolder = (name: string) => mkdtempSync(join(tmpdir(), `stepgate-${name}-`));

/** An empty MariaDB. @returns it, and the URL of its one database */
export async function startMariaDb(): Promise<{ mariadb: Daemon; url: string }> {
  const folder = newFolder('mariadb');
  const data = join(folder, 'data');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', ...asRoot];
  execFileSync('mariadb-install-db', [...install, '--skip-test-db'], { stdio: 'ignore' });
  const port = await freePort();
  const files = [`--datadir=${data}`, `--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`];
  const initial = join(folder, 'initial.sql');
  execFileSync('sh', ['-c', `echo 'CREATE DATABASE IF NOT EXISTS stepgate;' > ${initial}`]);
  const network = ['--bind-address=127.0.0.1', `--port=${port}`];
  const args = ['--no-defaults', ...files, ...network, `--init-file=${initial}`, ...asRoot];
  const mariadb = await new Daemon(folder, port, [SERVICES.mariadbd, ...args]).start();
  return { mariadb, url: `mysql://root@127.0.0.1:${port}/stepgate` };
}

/** An empty Redis. */
export async function startRedis(): Promise<{ redis: Daemon; url: string }> {
  const folder = newFolder('redis');
  const port = await freePort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', folder];
  const redis = await new Daemon(folder, port, [SERVICES['redis-server'], ...args]).start();
  return { redis, url: `redis://127.0.0.1:${port}` };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
  });
}
