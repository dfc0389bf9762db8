import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { randomId, Secrets } from '../kernel/secrets.js';
import {
  digest,
  firstRefreshToken,
  isAncestor,
  readRefreshToken,
  type RefreshToken,
  successor,
  writeRefreshToken,
} from './refresh-token.js';

const secrets = new Secrets(randomBytes(32));
const walk = (from: RefreshToken, steps: number): RefreshToken =>
  steps === 0 ? from : walk(successor(from, secrets), steps - 1);
const asRow = (token: RefreshToken) => ({ refreshGeneration: token.generation, refreshHash: digest(token) });

describe('a refresh token', () => {
  const first = firstRefreshToken(randomId(), secrets);

  it('is read as it was written', () => {
    for (const token of [first, walk(first, 3)]) {
      expect(readRefreshToken(writeRefreshToken(token), secrets)).toEqual(token);
    }
    expect(writeRefreshToken(first).length).toBeLessThanOrEqual(128);
  });

  it('has one successor, which differs from it and from every other', () => {
    expect(successor(first, secrets)).toEqual(successor(first, secrets));
    const chain = [0, 1, 2, 3].map((steps) => digest(walk(first, steps)));
    expect(new Set([...chain, digest(firstRefreshToken(first.sessionId, secrets))]).size).toBe(5);
  });

  it('has a successor that nobody can compute without our key', () => {
    const other = new Secrets(randomBytes(32));
    expect(digest(successor(first, other))).not.toBe(digest(successor(first, secrets)));
    expect(readRefreshToken(writeRefreshToken(successor(first, other)), secrets)).toBeNull();
  });

  it('is refused with any byte changed', () => {
    const bytes = Buffer.from(writeRefreshToken(first), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(bytes);
        changed[at] ^= mask;
        return readRefreshToken(changed.toString('base64url'), secrets) === null;
      }),
    );
  });

  it('is refused in any other spelling', () => {
    const text = writeRefreshToken(first);
    const others = ['', 'x', text.slice(1), `${text}A`, `${text}=`, ` ${text}`, `${text}\n`, text.replace(/.$/, '*')];
    for (const other of others) expect(readRefreshToken(other, secrets)).toBeNull();
    fc.assert(fc.property(fc.string(), (other) => readRefreshToken(other, secrets) === null));
  });

  it('is an ancestor of those that follow it, and of no other', () => {
    expect(isAncestor(first, asRow(walk(first, 1)), secrets)).toBe(true);
    expect(isAncestor(first, asRow(walk(first, 7)), secrets)).toBe(true);
    expect(isAncestor(first, asRow(first), secrets)).toBe(false);
    expect(isAncestor(walk(first, 2), asRow(walk(first, 1)), secrets)).toBe(false);
    const anotherFamily = firstRefreshToken(first.sessionId, secrets);
    expect(isAncestor(anotherFamily, asRow(walk(first, 7)), secrets)).toBe(false);
  });
});
