import { HashingThreads } from './hashing-threads.js';

describe('a thread that hashes passwords', () => {
  let threads: HashingThreads;
  let hash: string;

  beforeEach(async () => {
    threads = new HashingThreads(1);
    hash = await threads.run('hash', 'brass gears', { algorithm: 2, memoryCost: 8, timeCost: 1, parallelism: 1 });
    await threads.stop();
    threads = new HashingThreads(1);
  });

  afterEach(() => threads.stop());

  /** What came of each password, and how many answers came in each message. */
  async function ask(hashes: readonly string[]) {
    const together: number[] = [];
    let message = false;
    const count = () => {
      if (!message) {
        together.push(0);
        message = true;
        // Before Node looks at the next message.
        process.nextTick(() => (message = false));
      }
      together.push(together.pop()! + 1);
    };
    const answers = hashes.map((each) => threads.run<boolean>('verify', each, 'brass gears').finally(count));
    const outcomes = await Promise.allSettled(answers);
    return { outcomes: outcomes.map(({ status }) => status), together };
  }

  it.each([
    [1, [1]],
    [3, [1, 1, 1]],
    [4, [3, 1]],
    [6, [3, 1, 1, 1]],
    [7, [3, 3, 1]],
  ])('gives of %i answers three together for as long as others wait besides', async (passwords, together) => {
    expect((await ask(Array(passwords).fill(hash))).together).toEqual(together);
  });

  it('gives the others when one of them cannot be judged', async () => {
    const { outcomes, together } = await ask([hash, 'not a hash', hash, hash]);
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(together).toEqual([3, 1]);
  });
});
