import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

interface Answer {
  readonly result?: unknown;
  readonly error?: Error;
}

const SCRIPT = new URL('./hashing-thread.js', import.meta.url);

/**
 * Threads that hash passwords and do nothing else. Node's own pool stays free for files and host names; and as they run at
 * a lower priority (on Linux), a flood of logins takes from other requests only what those leave. Each thread begins when
 * it is first needed.
 */
export class HashingThreads {
  private readonly all = new Set<Worker>();
  private readonly idle: Worker[] = [];

  /** Takes as many threads as it is called at once: whoever calls sees to it that these are no more than there are cores. */
  async run<T>(name: 'hash' | 'verify', ...values: unknown[]): Promise<T> {
    const thread = this.idle.pop() ?? this.begin();
    thread.ref();
    thread.postMessage({ name, values });
    // Rejects when the thread dies; then it does not come back.
    const [{ result, error }] = (await once(thread, 'message')) as [Answer];
    thread.unref();
    this.idle.push(thread);
    if (error) throw error;
    return result as T;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.all].map((thread) => thread.terminate()));
  }

  private begin(): Worker {
    const thread = new Worker(SCRIPT);
    this.all.add(thread);
    thread.once('exit', () => this.all.delete(thread));
    return thread;
  }
}
