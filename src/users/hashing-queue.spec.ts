import { Problem } from '../kernel/problem.js';
import { HashingQueue } from './hashing-queue.js';

/** Work that is done when it is told. */
function work() {
  let finish!: () => void;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { run: jest.fn(() => done), finish };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue of password hashes', () => {
  it('runs as many at once as it may, and the others in the order in which they came', async () => {
    const queue = new HashingQueue(2);
    const jobs = [work(), work(), work(), work()];
    const all = jobs.map(({ run }) => queue.run(run));
    await settled();
    expect(jobs.map(({ run }) => run.mock.calls.length)).toEqual([1, 1, 0, 0]);
    jobs[1].finish();
    await settled();
    expect(jobs.map(({ run }) => run.mock.calls.length)).toEqual([1, 1, 1, 0]);
    jobs.forEach(({ finish }) => finish());
    await Promise.all(all);
    expect(jobs.map(({ run }) => run.mock.calls.length)).toEqual([1, 1, 1, 1]);
  });

  it('gives a place back when the work fails', async () => {
    const queue = new HashingQueue(1);
    await expect(queue.run(() => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    await expect(queue.run(() => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('sends away whose turn does not come within two seconds, without beginning the work', async () => {
    jest.useFakeTimers();
    const queue = new HashingQueue(1);
    const [long, late] = [work(), work()];
    const running = queue.run(long.run);
    const refused = queue.run(late.run);
    const outcome = expect(refused).rejects.toBeInstanceOf(Problem);
    await jest.advanceTimersByTimeAsync(2_000);
    await outcome;
    jest.useRealTimers();
    long.finish();
    await running;
    expect(late.run).not.toHaveBeenCalled();
    await expect(queue.run(() => Promise.resolve('free again'))).resolves.toBe('free again');
  });
});
