import { readClaims } from './claims.js';

const NOW = 1_800_000_000;
const HEX = '0123456789abcdef'.repeat(2);
const CLAIMS = {
  iss: 'https://id.example.com',
  aud: 'api',
  sub: 'user-1',
  client_id: 'api',
  iat: NOW - 60,
  exp: NOW + 540,
  jti: `3.${HEX}`,
  sid: HEX,
  auth_time: NOW - 120,
  acr: 'aal1',
  amr: ['pwd'],
};
const MFA = { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], mfa: { at: NOW - 90, factor: 'totp' } };

const read = (changes: object, milliseconds = NOW * 1_000) => readPayload({ ...CLAIMS, ...changes }, milliseconds);
const readPayload = (payload: unknown, milliseconds = NOW * 1_000) =>
  readClaims(payload, {
    issuer: 'https://id.example.com',
    audience: 'api',
    longestLifetime: 600_000,
    now: new Date(milliseconds),
  });

describe('the claims of a token', () => {
  it('are whom it makes the caller, after a password', () => {
    expect(read({})).toEqual({
      userId: 'user-1',
      sessionId: HEX,
      epoch: 3,
      issuedAt: new Date((NOW - 60) * 1_000),
      expiresAt: new Date((NOW + 540) * 1_000),
      acr: 'aal1',
      amr: ['pwd'],
      authTime: new Date((NOW - 120) * 1_000),
      claims: CLAIMS,
    });
  });

  it('are whom it makes the caller, after a second factor', () => {
    const mfa = { at: new Date((NOW - 90) * 1_000), factor: 'totp' };
    expect(read(MFA)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], mfa });
  });

  it('cannot be changed by one of the requests that share them', () => {
    const principal = read(MFA)!;
    expect([principal, principal.amr, principal.claims].every(Object.isFrozen)).toBe(true);
  });

  it.each<[string, object]>([
    ['a user id of another kind', { sub: 'ldap:ada@example.com' }],
    ['a user id of one letter', { sub: 'a' }],
    ['a user id of 128 letters', { sub: 'a'.repeat(128) }],
    ['an epoch of 9 digits', { jti: `123456789.${HEX}` }],
    ['a clock that is 5 seconds ahead', { iat: NOW + 5, auth_time: NOW + 5 }],
    ['nbf in the past', { nbf: NOW - 1 }],
    ['the last second of its life', { iat: NOW - 599, exp: NOW + 1 }],
    ['the longest life', { iat: NOW, exp: NOW + 600 }],
    ['a word of 32 letters', { amr: ['a'.repeat(32)] }],
  ])('may have %s', (_, changes) => {
    expect(read(changes)).not.toBeNull();
  });

  it.each([[null], [undefined], ['claims'], [7], [[CLAIMS]], [Object.assign([], CLAIMS)], [{}]])(
    'are none in %j',
    (payload) => {
      expect(readPayload(payload)).toBeNull();
    },
  );

  it.each<[string, object]>([
    ['another issuer', { iss: 'https://id.example.org' }],
    ['another audience', { aud: 'api2' }],
    ['a list of audiences', { aud: ['api'] }],
    ['another client', { client_id: 'app' }],
    ['no user id', { sub: undefined }],
    ['an empty user id', { sub: '' }],
    ['a user id that is too long', { sub: 'a'.repeat(129) }],
    ['a user id that ends in a blank', { sub: 'ada ' }],
    ['a user id that begins with a blank', { sub: ' ada' }],
    ['a user id that is a list', { sub: ['ada'] }],
    ['no session id', { sid: undefined }],
    ['a session id that is too long', { sid: `${HEX}0` }],
    ['a session id with something before it', { sid: `0${HEX}` }],
    ['a session id in capitals', { sid: HEX.toUpperCase() }],
    ['no token id', { jti: undefined }],
    ['a token id in a list', { jti: [`3.${HEX}`] }],
    ['a token id without an epoch', { jti: HEX }],
    ['a token id of an empty epoch', { jti: `.${HEX}` }],
    ['an epoch of 10 digits', { jti: `1234567890.${HEX}` }],
    ['an epoch that is no number', { jti: `x.${HEX}` }],
    ['a token id with something before it', { jti: `x3.${HEX}` }],
    ['a token id with something after it', { jti: `3.${HEX}0` }],
    ['a token id in capitals', { jti: `3.${HEX.toUpperCase()}` }],
    ['iat in the future', { iat: NOW + 6 }],
    ['iat 0', { iat: 0, exp: 100 }],
    ['iat a text', { iat: String(NOW) }],
    ['iat a fraction', { iat: NOW - 0.5 }],
    ['no auth_time', { auth_time: undefined }],
    ['auth_time in the future', { auth_time: NOW + 6 }],
    ['auth_time 0', { auth_time: 0 }],
    ['no exp', { exp: undefined }],
    ['exp a text', { exp: String(NOW + 540) }],
    ['exp now', { exp: NOW }],
    ['a life longer than any', { iat: NOW, exp: NOW + 601 }],
    ['an end at its beginning', { iat: NOW + 5, exp: NOW + 5 }],
    ['an end before its beginning', { iat: NOW + 5, exp: NOW + 4 }],
    ['nbf in the future', { nbf: NOW + 6 }],
    ['nbf null', { nbf: null }],
    ['an unknown level', { acr: 'aal3' }],
    ['no methods', { amr: undefined }],
    ['an empty list of methods', { amr: [] }],
    ['methods in a text', { amr: 'pwd' }],
    ['methods in an object', { amr: { length: 1, 0: 'pwd' } }],
    ['a method twice', { amr: ['pwd', 'pwd'] }],
    ['a method that is a number', { amr: [7] }],
    ['a method that is empty', { amr: ['pwd', ''] }],
    ['a method that ends in a blank', { amr: ['pwd '] }],
    ['a method that begins with a blank', { amr: [' pwd'] }],
    ['a method that is too long', { amr: ['a'.repeat(33)] }],
    ['one good method and one bad', { amr: ['pwd', 'o p'] }],
    ['mfa true', { ...MFA, mfa: true }],
    ['mfa null', { ...MFA, mfa: null }],
    ['mfa a text', { ...MFA, mfa: 'totp' }],
    ['mfa without a time', { ...MFA, mfa: { factor: 'totp' } }],
    ['mfa in the future', { ...MFA, mfa: { at: NOW + 6, factor: 'totp' } }],
    ['mfa without a factor', { ...MFA, mfa: { at: NOW } }],
    ['mfa with a factor that is no name', { ...MFA, mfa: { at: NOW, factor: 'a b' } }],
    ['a level without its second factor', { ...MFA, mfa: undefined }],
    ['a level alone', { acr: 'aal2' }],
    ['a second factor without its level', { ...MFA, acr: 'aal1' }],
    ['a second factor without its method', { ...MFA, amr: ['pwd', 'otp'] }],
    ['the method alone', { amr: ['pwd', 'mfa'] }],
  ])('are refused with %s', (_, changes) => {
    expect(read(changes)).toBeNull();
  });

  it('are good until the last millisecond before exp', () => {
    expect(read({}, (NOW + 540) * 1_000 - 1)).not.toBeNull();
    expect(read({}, (NOW + 540) * 1_000)).toBeNull();
  });
});
