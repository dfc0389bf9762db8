import { availableParallelism } from 'node:os';
import { CommonProblem } from '../kernel/problem.js';
import { AT_ONCE } from './hashing-threads.js';

/**
 * In milliseconds: with the hashes of its thread, of which an answer may have to wait for six, and all else that a login
 * takes under such a load, the answer is there within 2 seconds.
 */
const LONGEST_WAIT = 800;
const RETRY_AFTER_SECONDS = '2';

/**
 * Lets as many password hashes begin as the threads can have at once. Others wait their turn, and whose turn does not come
 * in time is told to come back (ASVS 13.1.3).
 */
export class HashingQueue {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly parallel = availableParallelism() * AT_ONCE) {}

  /** @throws Problem `unavailable` when there was no turn in time; then the work was not begun */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.parallel) this.running++;
    else await this.turn();
    try {
      return await work();
    } finally {
      this.next();
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(begin);
        reject(CommonProblem.unavailable({ headers: { 'Retry-After': RETRY_AFTER_SECONDS } }));
      }, LONGEST_WAIT);
      this.waiting.add(begin);
    });
  }

  /** Hands the place to whoever has waited longest, or gives it back. */
  private next(): void {
    const [begin] = this.waiting;
    if (!begin) {
      this.running--;
      return;
    }
    this.waiting.delete(begin);
    begin();
  }
}
