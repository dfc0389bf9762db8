import fc from 'fast-check';
import { Secrets } from '../../../kernel/secrets.js';
import type { EnrolledFactor } from '../factor-type.js';
import { grouped, randomCode, readCode } from './code-format.js';
import { RecoveryCodeFactorType } from './recovery-code.factor-type.js';

const type = new RecoveryCodeFactorType(new Secrets(Buffer.alloc(32, 7)));
const challenge = { id: 'challenge', purpose: 'mfa', kept: null } as const;

function set(userId = 'ada'): { codes: string[]; factor: EnrolledFactor } {
  const { codes, secret } = type.createSet(userId);
  return { codes, factor: { id: 'factor', userId, secret } };
}

describe('recovery codes', () => {
  it('are ten different ones of 80 bits, grouped to be read', () => {
    const { codes } = set();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  });

  it('use every character of the alphabet in every place', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>());
    for (let n = 0; n < 2_000; n++) [...randomCode()].forEach((character, place) => seen[place].add(character));
    expect(seen.map(({ size }) => size)).toEqual(Array(16).fill(32));
  });

  it('are read with or without dashes and spaces, in either case, and with I, L and O for 1 and 0', () => {
    expect(readCode('01hj-kmnp-qrst-vwxy')).toBe('01HJKMNPQRSTVWXY');
    expect(readCode(' oIHJ KMNP QRST VWXY ')).toBe('01HJKMNPQRSTVWXY');
    expect(readCode('0LHJKMNPQRSTVWXY')).toBe('01HJKMNPQRSTVWXY');
    expect(readCode('01HJ-KMNP-QRST-VWX')).toBeNull();
    expect(readCode('01HJ-KMNP-QRST-VWXU')).toBeNull();
  });

  it('come back from how they are shown', () => {
    fc.assert(fc.property(fc.constant(null).map(randomCode), (code) => readCode(grouped(code).toLowerCase()) === code));
  });

  it('survive anything that is typed', () => {
    const { factor } = set();
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (code) => type.verify(factor, challenge, { code }) === null));
  });

  it('are good once each, in any order', () => {
    const { codes, factor } = set();
    let secret = factor.secret!;
    for (const [used, code] of codes.toReversed().entries()) {
      const accepted = type.verify({ ...factor, secret }, challenge, { code });
      expect(accepted).toMatchObject({ amr: ['kba'], acr: 'aal2' });
      secret = accepted!.secret!;
      expect(type.remaining(secret)).toBe(9 - used);
      expect(type.verify({ ...factor, secret }, challenge, { code })).toBeNull();
    }
  });

  it('are kept as hashes that mean nothing for another user or in another set', () => {
    const { codes, factor } = set();
    expect(factor.secret).not.toContain(codes[0].replaceAll('-', ''));
    expect(type.verify({ ...factor, userId: 'eve' }, challenge, { code: codes[0] })).toBeNull();
    expect(type.verify(set().factor, challenge, { code: codes[0] })).toBeNull();
  });
});
