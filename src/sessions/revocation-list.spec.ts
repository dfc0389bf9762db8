import { RevocationList } from './revocation-list.js';

describe('the list of revocations', () => {
  it('knows the tokens of earlier epochs as dead', () => {
    const list = new RevocationList();
    list.add('a', 2, 100);
    expect([0, 1, 2, 3].map((epoch) => list.isDead('a', epoch))).toEqual([true, true, false, false]);
    expect(list.isDead('b', 0)).toBe(false);
  });

  it('never takes a revocation back, in whatever order they come', () => {
    const list = new RevocationList();
    list.add('a', Infinity, 100);
    list.add('a', 1, 200);
    list.add('a', NaN, 200);
    expect(list.isDead('a', 1_000_000)).toBe(true);
  });

  it('forgets each when the last token that it can mean has expired', () => {
    const list = new RevocationList();
    list.add('a', Infinity, 100);
    list.add('b', 1, 200);
    list.add('b', 2, 300);
    list.forgetExpired(99);
    expect(list.size).toBe(2);
    list.forgetExpired(100);
    expect([list.isDead('a', 0), list.isDead('b', 1)]).toEqual([false, true]);
    list.forgetExpired(300);
    expect(list.size).toBe(0);
  });
});
