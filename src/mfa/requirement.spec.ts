import type { AssuranceLevel } from '../tokens/assurance.js';
import type { Principal } from '../tokens/principal.js';
import { type MfaRequirement, parseRequirement, shortfall, stricter } from './requirement.js';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const ago = (milliseconds: number): Date => new Date(NOW.getTime() - milliseconds);

function principal(acr: AssuranceLevel, factor?: string, at = NOW): Principal {
  return { acr, ...(factor !== undefined && { mfa: { at, factor } }) } as Principal;
}

describe('a requirement', () => {
  it('is any second factor, of any age, unless it says more', () => {
    expect(parseRequirement({})).toEqual({ acr: 'mfa', maxAge: null, factors: null });
  });

  it('is read into what the guard compares', () => {
    expect(parseRequirement({ acr: 'aal2', maxAge: '5m', factors: ['sms', 'totp', 'sms'] })).toEqual({
      acr: 'aal2',
      maxAge: 300_000,
      factors: ['sms', 'totp'],
    });
  });

  it('may ask for one of the last second', () => {
    expect(parseRequirement({ maxAge: '1s' })).toMatchObject({ maxAge: 1_000 });
  });

  it.each<[unknown, RegExp]>([
    [{ maxage: '5m' }, /no option "maxage"/],
    [{ acr: 'aal1' }, /acr takes mfa, aal2 or phr, not "aal1"/],
    [{ acr: 'aal3' }, /not "aal3"/],
    [{ acr: null }, /not null/],
    [{ acr: ['aal2'] }, /not \["aal2"\]/],
    [{ maxAge: '0s' }, /a second or more/],
    [{ maxAge: '999ms' }, /a second or more/],
    [{ maxAge: 'soon' }, /"soon" is not a duration/],
    [{ maxAge: '-5m' }, /not a duration/],
    [{ maxAge: '' }, /not a duration/],
    [{ maxAge: null }, /not a duration/],
    [{ maxAge: 300 }, /not a duration/],
    [{ factors: [] }, /one factor type or more/],
    [{ factors: null }, /one factor type or more/],
    [{ factors: '' }, /one factor type or more/],
    [{ factors: 'totp' }, /one factor type or more/],
    [{ factors: [7] }, /one factor type or more/],
    [{ factors: ['totp', 7] }, /one factor type or more/],
  ])('%j makes no sense', (given, message) => {
    expect(() => parseRequirement(given as MfaRequirement)).toThrow(message);
  });
});

describe('two requirements', () => {
  const both = (one: MfaRequirement, other: MfaRequirement) => {
    const [first, second] = [parseRequirement(one), parseRequirement(other)];
    const result = stricter(first, second);
    expect(new Set(stricter(second, first).factors)).toEqual(new Set(result.factors));
    expect(stricter(second, first)).toMatchObject({ acr: result.acr, maxAge: result.maxAge });
    return result;
  };

  it.each<[MfaRequirement, MfaRequirement, object]>([
    [{}, {}, { acr: 'mfa', maxAge: null, factors: null }],
    [{ acr: 'aal2' }, {}, { acr: 'aal2' }],
    [{ acr: 'aal2' }, { acr: 'phr' }, { acr: 'phr' }],
    [{ maxAge: '5m' }, {}, { maxAge: 300_000 }],
    [{ maxAge: '5m' }, { maxAge: '1m' }, { maxAge: 60_000 }],
    [{ factors: ['totp'] }, {}, { factors: ['totp'] }],
    [{ factors: ['totp', 'sms'] }, { factors: ['sms', 'webauthn'] }, { factors: ['sms'] }],
    [{ acr: 'aal2', factors: ['sms'] }, { maxAge: '1h' }, { acr: 'aal2', maxAge: 3_600_000, factors: ['sms'] }],
  ])('%j and %j come to the stricter of both', (one, other, expected) => {
    expect(both(one, other)).toMatchObject(expected);
  });

  it('that exclude each other make no sense', () => {
    expect(() => both({ factors: ['totp'] }, { factors: ['sms'] })).toThrow(/no factor type meets both/);
  });
});

describe('what is missing', () => {
  const missing = (who: Principal, given: MfaRequirement) => shortfall(who, parseRequirement(given), NOW);

  it.each<[AssuranceLevel, AssuranceLevel, boolean]>([
    ['aal1', 'mfa', false],
    ['mfa', 'mfa', true],
    ['mfa', 'aal2', false],
    ['aal2', 'mfa', true],
    ['aal2', 'aal2', true],
    ['aal2', 'phr', false],
    ['phr', 'aal2', true],
    ['phr', 'phr', true],
  ])('with %s where %s is required: enough is %s', (actual, required, enough) => {
    const who = actual === 'aal1' ? principal('aal1') : principal(actual, 'totp');
    const acr = required as Exclude<AssuranceLevel, 'aal1'>;
    expect(missing(who, { acr })).toEqual(enough ? null : { level: true, age: false });
  });

  it('is the level when there is no MFA claim, whatever the level says', () => {
    expect(missing(principal('phr'), {})).toEqual({ level: true, age: false });
    expect(missing(principal('phr'), { maxAge: '5m' })).toEqual({ level: true, age: true });
  });

  it('is the age from the first millisecond after maxAge', () => {
    expect(missing(principal('mfa', 'email', ago(300_000)), { maxAge: '5m' })).toBeNull();
    expect(missing(principal('mfa', 'email', ago(300_001)), { maxAge: '5m' })).toEqual({ level: false, age: true });
  });

  it('is the level when the factor is none of those', () => {
    expect(missing(principal('aal2', 'sms'), { factors: ['totp', 'webauthn'] })).toEqual({ level: true, age: false });
    expect(missing(principal('aal2', 'totp'), { factors: ['totp', 'webauthn'] })).toBeNull();
  });

  it('is both, when both are', () => {
    const who = principal('mfa', 'email', ago(300_001));
    expect(missing(who, { acr: 'aal2', maxAge: '5m' })).toEqual({ level: true, age: true });
  });
});
