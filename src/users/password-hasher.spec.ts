import { createHook } from 'node:async_hooks';
import { PasswordHasher } from './password-hasher.js';

describe('password hashes', () => {
  let hasher: PasswordHasher;

  beforeEach(() => {
    hasher = new PasswordHasher();
  });

  afterEach(() => hasher.onApplicationShutdown());

  it('are argon2id with 19 MiB and 2 passes, and each is salted', async () => {
    const hashes = await Promise.all([hasher.hash('brass gears'), hasher.hash('brass gears')]);
    for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it('are of the whole password, also when many are asked for at once', async () => {
    const long = 'a'.repeat(200);
    const hash = await hasher.hash(long);
    const answers = await Promise.all([
      hasher.matches(hash, long),
      hasher.matches(hash, 'a'.repeat(199)),
      hasher.matches(hash, `${long}a`),
      hasher.matches(hash, long),
    ]);
    expect(answers).toEqual([true, false, false, true]);
  });

  it('are each compared with its own password, however many wait for the same thread', async () => {
    const hashes = await Promise.all(['one', 'two'].map((password) => hasher.hash(password)));
    const tries = Array.from({ length: 24 }, (_, index) =>
      hasher.matches(hashes[index % 2], index % 3 ? 'one' : 'two'),
    );
    const expected = Array.from({ length: 24 }, (_, index) => (index % 2 === 0) === index % 3 > 0);
    expect(await Promise.all(tries)).toEqual(expected);
  });

  it('find a thread at hand once the application has started', async () => {
    hasher.onApplicationBootstrap();
    let begun = 0;
    const watch = createHook({ init: (_, type) => void (begun += Number(type === 'WORKER')) }).enable();
    await hasher.hash('brass gears');
    watch.disable();
    expect(begun).toBe(0);
  });

  it('fail when their thread ends, rather than never to come', async () => {
    const hash = hasher.hash('brass gears');
    const failed = expect(hash).rejects.toThrow('has ended');
    await hasher.onApplicationShutdown();
    await failed;
  });

  it('are not of anybody where there is no user, and say so after the same work', async () => {
    expect(await hasher.matches(null, '')).toBe(false);
  });

  it('that are none are an error, and the next password is still checked', async () => {
    await expect(hasher.matches('not a hash', 'brass gears')).rejects.toThrow();
    expect(await hasher.matches(await hasher.hash('brass gears'), 'brass gears')).toBe(true);
  });
});
