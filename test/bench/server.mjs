import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The CPU seconds that a process has used, by all threads: to the nanosecond, where its own figure is of 10 ms. */
export function cpuOf(pid) {
  const tasks = `/proc/${pid}/task`;
  const ofTask = (task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(tasks).reduce((sum, task) => sum + ofTask(task), 0) / 1e9;
}

/** What `npm start` runs: the flags of Node, and the script. */
const [, ...started] = JSON.parse(readFileSync('package.json', 'utf8')).scripts.start.split(' ');
const FLAGS = started.slice(0, -1);
const MAIN = started.at(-1);

/** A server in a process of its own, whose CPU time and memory can be read. */
export class Server {
  static #port = 4600;
  static #children = new Set();
  // A measurement that fails, or is interrupted, must not leave its servers behind.
  static {
    process.on('exit', () => Server.#children.forEach((child) => signal(child, 'SIGKILL')));
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));
  }

  /** Starts the product without npm, which would be the process that is measured, and waits until it is ready. */
  static product(env) {
    return Server.#start(process.execPath, [...FLAGS, MAIN], { env, readyPath: '/health/ready' });
  }

  /** Starts a baseline, with the product's flags of Node. */
  static baseline(script, options) {
    return Server.#start(process.execPath, [...FLAGS, script], options);
  }

  /** @returns milliseconds that `npm start` takes until the product is ready */
  static async timeToReady(env) {
    const startedAt = performance.now();
    const server = await Server.#start('npm', ['start'], { env, readyPath: '/health/ready' });
    const took = performance.now() - startedAt;
    await server.stop();
    return took;
  }

  /** Starts it and waits until `readyPath` answers. Everything it writes is thrown away. */
  static async #start(command, args, { env = {}, readyPath = '/' } = {}) {
    const port = Server.#port++;
    const child = spawn(command, args, {
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
      // A group of its own: npm passes no signal on to what it has started.
      detached: true,
    });
    Server.#children.add(child);
    const server = new Server(child, `http://127.0.0.1:${port}`);
    while (!(await server.#answers(readyPath))) {
      if (child.exitCode !== null) throw new Error(`${args.at(-1)} ended with ${child.exitCode}`);
      await sleep(20);
    }
    return server;
  }

  constructor(child, url) {
    this.child = child;
    this.url = url;
  }

  /** CPU seconds used so far. */
  cpu() {
    return cpuOf(this.child.pid);
  }

  /** Resident memory, in MB. */
  rss() {
    const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'));
    return Number(kb) / 1024;
  }

  async stop() {
    signal(this.child, 'SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }

  async #answers(path) {
    try {
      return (await fetch(this.url + path)).status < 500;
    } catch {
      return false;
    }
  }
}

/** To the child and all that it has started, if there still is any. */
function signal({ pid }, name) {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
