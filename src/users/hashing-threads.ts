import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Answers that a thread gives together, where so many passwords wait for it. Hashing empties the caches of the core, and
 * whatever a login does next is nearly twice as fast for the second and third of them: a tenth more logins on the same cores.
 */
const TOGETHER = 3;

/** Passwords that a thread has at once: those, and the next, for which it need not come back to us first. */
export const AT_ONCE = TOGETHER + 1;

const SCRIPT = new URL('./hashing-thread.cjs', import.meta.url);

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: Error;
}

interface Asker {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Threads that hash passwords and do nothing else. Node's own pool stays free for files and host names; and as they run at
 * a lower priority (on Linux), a flood of logins takes from other requests only what those leave. Each thread begins when
 * it is first needed, or the first of them on {@link begin}; there are no more of them than cores, as more would finish no
 * sooner.
 */
export class HashingThreads {
  private readonly all = new Set<HashingThread>();

  constructor(private readonly most = availableParallelism()) {}

  /** Has one thread at hand, so that the first password need not wait for it. */
  begin(): void {
    if (this.all.size === 0) this.add();
  }

  /** Has it done by the thread that has least to do. */
  run<T>(name: 'hash' | 'verify', ...values: unknown[]): Promise<T> {
    return this.choose().run(name, values) as Promise<T>;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.all].map((thread) => thread.stop()));
  }

  private choose(): HashingThread {
    const [freest] = [...this.all].sort((one, other) => one.load - other.load);
    if (!freest || (freest.load > 0 && this.all.size < this.most)) return this.add();
    return freest;
  }

  private add(): HashingThread {
    const thread = new HashingThread(() => this.all.delete(thread));
    this.all.add(thread);
    return thread;
  }
}

/** One thread, and whom it owes an answer. */
class HashingThread {
  private readonly worker = new Worker(SCRIPT, { workerData: { together: TOGETHER } });
  private readonly owed = new Map<number, Asker>();
  private lastId = 0;

  /** @param gone called when the thread has died, or was stopped: it does not come back */
  constructor(gone: () => void) {
    let reason = new Error('The thread that hashes passwords has ended.');
    this.worker.on('message', (answers: Answer[]) => answers.forEach((answer) => this.pass(answer)));
    this.worker.on('error', (error) => (reason = error));
    // Only now has the last answer come: it may be under way still when an error is told.
    this.worker.once('exit', () => {
      gone();
      this.giveUp(reason);
    });
    // Only a thread that owes an answer keeps the process up. Last, as listening for messages undoes it.
    this.worker.unref();
  }

  get load(): number {
    return this.owed.size;
  }

  run(name: string, values: unknown[]): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.worker.postMessage({ id, name, values });
      this.worker.ref();
      this.owed.set(id, { resolve, reject });
    });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private pass({ id, result, error }: Answer): void {
    const asker = this.owed.get(id)!;
    this.owed.delete(id);
    if (this.owed.size === 0) this.worker.unref();
    if (error) asker.reject(error);
    else asker.resolve(result);
  }

  private giveUp(error: Error): void {
    for (const asker of this.owed.values()) asker.reject(error);
    this.owed.clear();
  }
}
