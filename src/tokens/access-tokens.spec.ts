import { ManualClock } from '../../test/support/manual-clock.js';
import { KeysInMemory, partsOf, subjectAt, tokensOf } from '../../test/support/signed-tokens.js';
import { Problem } from '../kernel/problem.js';
import { CAPACITY } from './verified-tokens.js';

const clock = new ManualClock();
const keys = new KeysInMemory();
const { tokens } = tokensOf(keys, clock);
const seconds = (milliseconds = 0) => Math.floor((clock.now().getTime() + milliseconds) / 1_000);
const invalid = (error: unknown) => error instanceof Problem && error.definition.code;

beforeAll(() => keys.make());

describe('an access token', () => {
  it('says whom it is for, and is signed with the current key', async () => {
    const subject = subjectAt(clock);
    const { token, principal } = tokens.issue(subject);
    const [header, claims] = partsOf(token);
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys.current().id });
    expect(claims).toEqual({
      iss: 'https://id.example.com',
      aud: 'api',
      sub: 'ada',
      client_id: 'api',
      iat: seconds(),
      exp: seconds(600_000),
      jti: expect.stringMatching(/^2\.[0-9a-f]{32}$/),
      sid: subject.sessionId,
      auth_time: seconds(),
      acr: 'aal1',
      amr: ['pwd'],
    });
    expect(principal).toEqual(tokens.read(claims));
    expect((await tokens.keyOf(token)).equals(keys.current().verifying)).toBe(true);
  });

  it('says which second factor was used, and when', async () => {
    const mfa = { at: clock.ago(60_000), factor: 'totp' };
    const { token } = tokens.issue({ ...subjectAt(clock), acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], mfa });
    expect(partsOf(token)[1]).toMatchObject({ mfa: { at: seconds(-60_000), factor: 'totp' } });
  });

  it('does not outlive its session', async () => {
    const { token } = tokens.issue({ ...subjectAt(clock), sessionEnd: clock.in(90_000) });
    expect(partsOf(token)[1]).toMatchObject({ exp: seconds(90_000) });
  });

  it('is refused when nobody has its key, or its key is of another algorithm', async () => {
    const { token } = tokens.issue(subjectAt(clock));
    const [header, payload, signature] = token.split('.');
    const withHeader = (changes: object) =>
      [
        Buffer.from(JSON.stringify({ ...partsOf(token)[0], ...changes })).toString('base64url'),
        payload,
        signature,
      ].join('.');
    await tokens.keyOf(withHeader({}));
    for (const bad of [withHeader({ kid: 'unknown' }), withHeader({ alg: 'HS256' }), `${header}.${payload}`]) {
      expect(await tokens.keyOf(bad).catch(invalid)).toBe('invalid_token');
    }
  });

  it('is refused when its claims are not as we write them', () => {
    expect(() => tokens.read({})).toThrow('The access token is malformed, expired or revoked.');
  });
});

describe('tokens that were verified once', () => {
  it('are known again as long as they live', async () => {
    const { verified } = tokensOf(keys, clock);
    // Tokens end with a whole second.
    clock.advance(`${1_000 - (clock.now().getTime() % 1_000)}ms`);
    const { token, principal } = tokens.issue(subjectAt(clock));
    expect(verified.find(token)).toBeUndefined();
    verified.add(token, principal);
    expect(verified.find(token)).toBe(principal);
    expect(verified.find(`${token}A`)).toBeUndefined();
    clock.advance('599999ms');
    expect(verified.find(token)).toBe(principal);
    clock.advance('1ms');
    expect(verified.size).toBe(1);
    expect(verified.find(token)).toBeUndefined();
    expect(verified.size).toBe(0);
  });

  it('are forgotten with their key', async () => {
    const key = await keys.make();
    const { verified } = tokensOf(keys, clock);
    const { token, principal } = tokens.issue(subjectAt(clock));
    verified.add(token, principal);
    expect(verified.find(token)).toBe(principal);
    keys.forget(key.id);
    expect(verified.find(token)).toBeUndefined();
    expect(verified.size).toBe(0);
  });

  it('are forgotten from the oldest on when there is no room', async () => {
    const { verified } = tokensOf(keys, clock);
    const { token, principal } = tokens.issue(subjectAt(clock));
    const [header, payload] = token.split('.');
    const text = (n: number) => `${header}.${payload}.${Buffer.from(String(n).padStart(6, '0')).toString('base64url')}`;
    for (let n = 0; n < CAPACITY; n++) verified.add(text(n), principal);
    expect(verified.find(text(0))).toBe(principal);
    verified.add(text(CAPACITY), principal);
    expect(verified.size).toBe(CAPACITY);
    expect(verified.find(text(0))).toBeUndefined();
    expect([text(1), text(CAPACITY)].map((one) => verified.find(one))).toEqual([principal, principal]);
  });

  it('are none that are not of our form', async () => {
    const { verified } = tokensOf(keys, clock);
    verified.add('no token', tokens.issue(subjectAt(clock)).principal);
    expect(verified.size).toBe(0);
  });
});
