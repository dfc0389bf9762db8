import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import type { Grant } from '../../src/sessions/grants.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { randomId } from '../../src/kernel/secrets.js';
import { SigningKeys } from '../../src/tokens/signing-keys/signing-keys.js';
import type { SigningKey } from '../../src/tokens/signing-keys/key-material.js';
import { startApp, type TestApp } from '../support/app.js';
import { openMfaSession } from '../support/sessions.js';

type Members = Record<string, unknown>;

const b64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64url');
const es256 = (key: KeyObject, input: string) =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
const hs256 = (secret: string | Buffer, input: string) =>
  createHmac('sha256', secret).update(input).digest('base64url');

/** A good token's parts, and the app's own key to sign what has been made of them. */
class Forge {
  readonly token: string;
  readonly parts: string[];
  readonly header: Members;
  readonly claims: Members & { mfa: Members };

  constructor(
    readonly grant: Grant,
    readonly key: SigningKey,
    readonly now: number,
  ) {
    this.token = grant.accessToken;
    this.parts = this.token.split('.');
    this.header = { alg: 'ES256', typ: 'at+jwt', kid: key.id };
    this.claims = JSON.parse(Buffer.from(this.parts[1], 'base64url').toString());
  }

  /** Signed by the app's own key, so that only the content can be what is refused. */
  raw(header: string | Buffer, payload: string | Buffer, key = this.key.signing): string {
    const input = `${b64(header)}.${b64(payload)}`;
    return `${input}.${es256(key, input)}`;
  }

  /** Members that are `undefined` are left out. */
  withClaims(changes: Members): string {
    return this.raw(JSON.stringify(this.header), JSON.stringify({ ...this.claims, ...changes }));
  }

  withHeader(changes: Members, key?: KeyObject): string {
    return this.raw(JSON.stringify({ ...this.header, ...changes }), JSON.stringify(this.claims), key);
  }

  /** As {@link withHeader}, with an HMAC for a signature. */
  hmac(secret: string | Buffer, changes: Members = {}): string {
    const input = `${b64(JSON.stringify({ ...this.header, alg: 'HS256', ...changes }))}.${this.parts[1]}`;
    return `${input}.${hs256(secret, input)}`;
  }

  unsigned(alg: string, signature = ''): string {
    return `${b64(JSON.stringify({ ...this.header, alg }))}.${this.parts[1]}.${signature}`;
  }

  payload(text: string | Buffer): string {
    return this.raw(JSON.stringify(this.header), text);
  }
}

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const strangerJwk = stranger.publicKey.export({ format: 'jwk' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);

const FORGERIES: Record<string, Record<string, (f: Forge) => string>> = {
  'no signature': {
    'alg none': (f) => f.unsigned('none'),
    'alg None': (f) => f.unsigned('None'),
    'alg NONE': (f) => f.unsigned('NONE'),
    'alg nOnE with a signature': (f) => f.unsigned('nOnE', f.parts[2]),
    'alg none with a signature': (f) => f.unsigned('none', f.parts[2]),
    'alg empty': (f) => f.unsigned(''),
    'an empty signature': (f) => `${f.parts[0]}.${f.parts[1]}.`,
    'no signature part': (f) => `${f.parts[0]}.${f.parts[1]}`,
    'a signature of zeros': (f) => `${f.parts[0]}.${f.parts[1]}.${b64(Buffer.alloc(64))}`,
    'a signature of one byte': (f) => `${f.parts[0]}.${f.parts[1]}.AA`,
    'a signature of 63 bytes': (f) => `${f.parts[0]}.${f.parts[1]}.${b64(randomBytes(63))}`,
    'a signature of 128 bytes': (f) => `${f.parts[0]}.${f.parts[1]}.${b64(randomBytes(128))}`,
  },
  'another key': {
    'a stranger’s key under our kid': (f) => f.withHeader({}, stranger.privateKey),
    'a stranger’s key under his kid': (f) => f.withHeader({ kid: randomId() }, stranger.privateKey),
    'HS256 with our public key as PEM': (f) => f.hmac(f.key.verifying.export({ type: 'spki', format: 'pem' })),
    'HS256 with our public key as PEM, trimmed': (f) =>
      f.hmac(f.key.verifying.export({ type: 'spki', format: 'pem' }).toString().trim()),
    'HS256 with our public key as DER': (f) => f.hmac(f.key.verifying.export({ type: 'spki', format: 'der' })),
    'HS256 with our public key as JWK': (f) => f.hmac(JSON.stringify(f.key.verifying.export({ format: 'jwk' }))),
    'HS256 with our kid': (f) => f.hmac(f.key.id),
    'HS256 with an empty secret': (f) => f.hmac(''),
    'HS256 with "secret"': (f) => f.hmac('secret'),
    'HS256 with "secretKey"': (f) => f.hmac('secretKey'),
    'HS256 with "changeme"': (f) => f.hmac('changeme'),
    'HS256 with "your-256-bit-secret"': (f) => f.hmac('your-256-bit-secret'),
    'HS384 in the header': (f) => f.hmac('secret', { alg: 'HS384' }),
    'RS256, signed with RSA': (f) => {
      const input = `${b64(JSON.stringify({ ...f.header, alg: 'RS256' }))}.${f.parts[1]}`;
      return `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`;
    },
    'alg ES384 for our P-256 key': (f) => f.withHeader({ alg: 'ES384' }),
    'alg es256': (f) => f.withHeader({ alg: 'es256' }),
    'alg ES256 with a blank': (f) => f.withHeader({ alg: 'ES256 ' }),
    'alg missing': (f) => f.withHeader({ alg: undefined }),
    'alg an array': (f) => f.withHeader({ alg: ['ES256'] }),
    'a DER signature': (f) => {
      const input = `${f.parts[0]}.${f.parts[1]}`;
      return `${input}.${sign('sha256', Buffer.from(input), f.key.signing).toString('base64url')}`;
    },
  },
  'another form': {
    'one part': (f) => f.parts[0],
    'no dots': (f) => f.parts.join(''),
    'two dots alone': () => '..',
    'four parts': (f) => `${f.token}.${f.parts[2]}`,
    'five parts, as a JWE has': (f) => `${f.token}..`,
    'an empty header': (f) => `.${f.parts[1]}.${f.parts[2]}`,
    'an empty payload': (f) => `${f.parts[0]}..${f.parts[2]}`,
    'the header twice': (f) => `${f.parts[0]}.${f.parts[0]}.${f.parts[2]}`,
    'header and payload exchanged': (f) => `${f.parts[1]}.${f.parts[0]}.${f.parts[2]}`,
    'a character of the payload changed': (f) => `${f.parts[0]}.${flip(f.parts[1])}.${f.parts[2]}`,
    'a character of the signature changed': (f) => `${f.parts[0]}.${f.parts[1]}.${flip(f.parts[2])}`,
    'the signature cut short': (f) => f.token.slice(0, -1),
    'a character too many': (f) => `${f.token}A`,
    padding: (f) => `${f.token}==`,
    'padding in the header': (f) => `${f.parts[0]}=.${f.parts[1]}.${f.parts[2]}`,
    'plain base64': (f) => `${f.parts[0]}.${f.parts[1]}.${Buffer.alloc(64, 0xff).toString('base64')}`,
    'a star': (f) => `${f.parts[0]}.${f.parts[1]}*.${f.parts[2]}`,
    'a blank within': (f) => `${f.parts[0]}. ${f.parts[1]}.${f.parts[2]}`,
    'a blank and another word': (f) => `${f.token} ${f.token}`,
    'a tab within': (f) => `${f.parts[0]}.\t${f.parts[1]}.${f.parts[2]}`,
    'a comma and another token': (f) => `${f.token},${f.token}`,
    quotes: (f) => `"${f.token}"`,
    'percent-encoding': (f) => f.token.replaceAll('.', '%2E'),
    'JSON serialisation': (f) => JSON.stringify({ protected: f.parts[0], payload: f.parts[1], signature: f.parts[2] }),
    'the word null': () => 'null',
    'the word undefined': () => 'undefined',
    'ten thousand letters': () => 'A'.repeat(10_000),
    'ten thousand dots': () => '.'.repeat(10_000),
    'deeply nested JSON': (f) => f.payload('['.repeat(3_000)),
  },
  'another header': {
    'kid missing': (f) => f.withHeader({ kid: undefined }),
    'kid empty': (f) => f.withHeader({ kid: '' }),
    'kid null': (f) => f.withHeader({ kid: null }),
    'kid a number': (f) => f.withHeader({ kid: 0 }),
    'kid an object': (f) => f.withHeader({ kid: { id: f.key.id } }),
    'kid an array': (f) => f.withHeader({ kid: [f.key.id] }),
    'kid unknown': (f) => f.withHeader({ kid: randomId() }),
    'kid in capitals': (f) => f.withHeader({ kid: f.key.id.toUpperCase() }),
    'kid with a blank': (f) => f.withHeader({ kid: `${f.key.id} ` }),
    'kid a path': (f) => f.hmac('', { kid: '../../../../dev/null' }),
    'kid SQL': (f) => f.hmac('x', { kid: `' UNION SELECT 'x' -- ` }),
    'kid __proto__': (f) => f.withHeader({ kid: '__proto__' }),
    'typ JWT': (f) => f.withHeader({ typ: 'JWT' }),
    'typ missing': (f) => f.withHeader({ typ: undefined }),
    'typ null': (f) => f.withHeader({ typ: null }),
    'typ an array': (f) => f.withHeader({ typ: ['at+jwt'] }),
    'typ rt+jwt': (f) => f.withHeader({ typ: 'rt+jwt' }),
    jwk: (f) => f.withHeader({ jwk: strangerJwk }, stranger.privateKey),
    'jwk, signed by us': (f) => f.withHeader({ jwk: strangerJwk }),
    jku: (f) => f.withHeader({ jku: 'https://attacker.example/jwks.json' }),
    x5u: (f) => f.withHeader({ x5u: 'https://attacker.example/cert.pem' }),
    x5c: (f) => f.withHeader({ x5c: ['MIIB'] }),
    x5t: (f) => f.withHeader({ x5t: 'AAAA' }),
    crit: (f) => f.withHeader({ crit: ['exp'] }),
    'crit empty': (f) => f.withHeader({ crit: [] }),
    'b64 false': (f) => f.withHeader({ b64: false, crit: ['b64'] }),
    cty: (f) => f.withHeader({ cty: 'JWT' }),
    zip: (f) => f.withHeader({ zip: 'DEF' }),
    'a header that is an array': (f) => f.raw('["ES256"]', JSON.stringify(f.claims)),
    'a header that is null': (f) => f.raw('null', JSON.stringify(f.claims)),
    'a header that is no JSON': (f) => f.raw('{', JSON.stringify(f.claims)),
    'alg twice': (f) => f.raw(`{"alg":"none",${JSON.stringify(f.header).slice(1)}`, JSON.stringify(f.claims)),
    'blanks in the header': (f) => f.raw(` ${JSON.stringify(f.header)}`, JSON.stringify(f.claims)),
  },
  'another payload': {
    'an array': (f) => f.payload(JSON.stringify([f.claims])),
    'an empty array': (f) => f.payload('[]'),
    'an empty object': (f) => f.payload('{}'),
    'a string': (f) => f.payload(JSON.stringify(JSON.stringify(f.claims))),
    'a number': (f) => f.payload('1'),
    null: (f) => f.payload('null'),
    'no JSON': (f) => f.payload('claims'),
    'half of JSON': (f) => f.payload(JSON.stringify(f.claims).slice(0, -1)),
    'a claim twice': (f) => f.payload(`{"sub":"${randomId()}",${JSON.stringify(f.claims).slice(1)}`),
    'bytes that are not UTF-8': (f) =>
      f.payload(
        Buffer.concat([
          Buffer.from(`${JSON.stringify(f.claims).slice(0, -1)},"x":"`),
          Buffer.from([0xff]),
          Buffer.from('"}'),
        ]),
      ),
    'a byte order mark': (f) => f.payload(`\uFEFF${JSON.stringify(f.claims)}`),
    'claims within a claim': (f) => f.payload(JSON.stringify({ payload: f.claims })),
    'claims by __proto__': (f) => f.payload(`{"__proto__":${JSON.stringify(f.claims)}}`),
  },
  'another time': {
    'exp in the past': (f) => f.withClaims({ iat: f.now - 700, exp: f.now - 100 }),
    'exp now': (f) => f.withClaims({ iat: f.now - 60, exp: f.now }),
    'exp 1e300': (f) => f.withClaims({ exp: 1e300 }),
    'exp a fraction': (f) => f.withClaims({ exp: f.now + 60.5 }),
    'exp a string': (f) => f.withClaims({ exp: String(f.now + 60) }),
    'exp an array': (f) => f.withClaims({ exp: [f.now + 60] }),
    'exp negative': (f) => f.withClaims({ exp: -1 }),
    'exp in milliseconds': (f) => f.withClaims({ exp: (f.now + 60) * 1_000 }),
    'exp beyond the longest lifetime': (f) => f.withClaims({ exp: f.now + 601 }),
    'exp beyond the longest lifetime, iat in the future': (f) => f.withClaims({ iat: f.now + 600, exp: f.now + 1_200 }),
    'exp before iat': (f) => f.withClaims({ iat: f.now + 4, exp: f.now + 3 }),
    'exp true': (f) => f.withClaims({ exp: true }),
    'iat in the future': (f) => f.withClaims({ iat: f.now + 60, exp: f.now + 120 }),
    'iat a string': (f) => f.withClaims({ iat: String(f.now) }),
    'iat 0': (f) => f.withClaims({ iat: 0 }),
    'nbf in the future': (f) => f.withClaims({ nbf: f.now + 60 }),
    'nbf a string': (f) => f.withClaims({ nbf: '0' }),
    'nbf null': (f) => f.withClaims({ nbf: null }),
    'auth_time in the future': (f) => f.withClaims({ auth_time: f.now + 60 }),
    'auth_time a string': (f) => f.withClaims({ auth_time: String(f.now) }),
    'mfa.at in the future': (f) => f.withClaims({ mfa: { ...f.claims.mfa, at: f.now + 60 } }),
    'mfa.at a string': (f) => f.withClaims({ mfa: { ...f.claims.mfa, at: String(f.now) } }),
    'mfa.at missing': (f) => f.withClaims({ mfa: { factor: 'totp' } }),
  },
  'another party': {
    'iss of another': (f) => f.withClaims({ iss: 'https://attacker.example' }),
    'iss with a slash more': (f) => f.withClaims({ iss: `${String(f.claims.iss)}/` }),
    'iss an array': (f) => f.withClaims({ iss: [f.claims.iss] }),
    'aud of another': (f) => f.withClaims({ aud: 'other' }),
    'aud an array with ours': (f) => f.withClaims({ aud: ['other', f.claims.aud] }),
    'aud an array of ours': (f) => f.withClaims({ aud: [f.claims.aud] }),
    'aud that begins as ours': (f) => f.withClaims({ aud: `${String(f.claims.aud)}2` }),
    'client_id of another': (f) => f.withClaims({ client_id: 'other' }),
    'sub a number': (f) => f.withClaims({ sub: 1 }),
    'sub SQL': (f) => f.withClaims({ sub: `' OR 1=1 --` }),
    'sub with a line break': (f) => f.withClaims({ sub: `${String(f.claims.sub)}\n` }),
    'sub too long': (f) => f.withClaims({ sub: 'a'.repeat(129) }),
    'sid a number': (f) => f.withClaims({ sid: 1 }),
    'sid in capitals': (f) => f.withClaims({ sid: 'ABCDEF0123456789ABCDEF0123456789' }),
    'sid a path': (f) => f.withClaims({ sid: '../..' }),
    'jti without epoch': (f) => f.withClaims({ jti: randomId() }),
    'jti of a negative epoch': (f) => f.withClaims({ jti: `-1.${randomId()}` }),
    'jti of an earlier epoch': (f) => f.withClaims({ jti: `0.${randomId()}` }),
    'jti of epoch 1e9': (f) => f.withClaims({ jti: `1e9.${randomId()}` }),
  },
  'another assurance': {
    'acr aal1 with a second factor': (f) => f.withClaims({ acr: 'aal1' }),
    'acr aal1, amr without mfa, but the claim': (f) => f.withClaims({ acr: 'aal1', amr: ['pwd'] }),
    'acr aal2 without the claim': (f) => f.withClaims({ mfa: undefined }),
    'acr aal2 without mfa in amr': (f) => f.withClaims({ amr: ['pwd', 'otp'] }),
    'mfa in amr alone': (f) => f.withClaims({ acr: 'aal1', mfa: undefined }),
    'acr aal3': (f) => f.withClaims({ acr: 'aal3' }),
    'acr in capitals': (f) => f.withClaims({ acr: 'AAL2' }),
    'acr constructor': (f) => f.withClaims({ acr: 'constructor' }),
    'amr a string': (f) => f.withClaims({ amr: 'pwd otp mfa' }),
    'amr of numbers': (f) => f.withClaims({ amr: [1, 2] }),
    'amr with a blank': (f) => f.withClaims({ amr: ['pwd', 'otp mfa', 'mfa'] }),
    'amr with a word twice': (f) => f.withClaims({ amr: ['pwd', 'mfa', 'mfa'] }),
    'amr nested': (f) => f.withClaims({ amr: [['pwd', 'otp', 'mfa']] }),
    'mfa true': (f) => f.withClaims({ mfa: true }),
    'mfa false': (f) => f.withClaims({ mfa: false }),
    'mfa null': (f) => f.withClaims({ mfa: null }),
    'mfa an array': (f) => f.withClaims({ mfa: [f.claims.mfa] }),
    'mfa.factor missing': (f) => f.withClaims({ mfa: { at: f.now } }),
    'mfa.factor a list': (f) => f.withClaims({ mfa: { at: f.now, factor: ['totp', 'webauthn'] } }),
  },
  'another kind of token': {
    'a refresh token': (f) => f.grant.refreshToken,
    'a session id': (f) => String(f.claims.sid),
    'a token id': (f) => String(f.claims.jti),
    'a challenge id': () => randomId(),
    'a key id': (f) => f.key.id,
    'a random token': () => randomBytes(64).toString('base64url'),
  },
};

/** Every claim, and what none of them may be. */
const CLAIMS = ['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti', 'sid', 'auth_time', 'acr', 'amr'];
const NO_VALUES: Members = {
  missing: undefined,
  null: null,
  empty: '',
  'an empty array': [],
  'an object': {},
  '-1': -1,
};

const rows = [
  ...Object.entries(FORGERIES).flatMap(([group, cases]) =>
    Object.entries(cases).map(([name, forge]) => [`${group}: ${name}`, forge] as const),
  ),
  ...CLAIMS.flatMap((claim) =>
    Object.entries(NO_VALUES).map(
      ([what, value]) => [`${claim} ${what}`, (f: Forge) => f.withClaims({ [claim]: value })] as const,
    ),
  ),
];

describe('a forged or damaged access token', () => {
  let app: TestApp;
  let forge: Forge;

  beforeAll(async () => {
    app = await startApp();
    const grant = await openMfaSession(app);
    forge = new Forge(grant, app.nest.get(SigningKeys).current(), Math.floor(app.clock.now().getTime() / 1_000));
  });

  afterAll(() => app.close());

  const present = (token: string) => app.http.get('/v1/examples/mfa').set('Authorization', `Bearer ${token}`);

  it.each([
    ['as issued', (f: Forge) => f.token],
    ['signed anew', (f: Forge) => f.withClaims({})],
    ['with typ AT+JWT', (f: Forge) => f.withHeader({ typ: 'AT+JWT' })],
    ['with typ application/at+jwt', (f: Forge) => f.withHeader({ typ: 'application/at+jwt' })],
    ['with nbf in the past', (f: Forge) => f.withClaims({ nbf: f.now - 1 })],
    ['of the last second of its life', (f: Forge) => f.withClaims({ iat: f.now - 599, exp: f.now + 1 })],
    ['from an instance whose clock is 5 seconds ahead', (f: Forge) => f.withClaims({ iat: f.now + 5 })],
  ])('is not this one: %s', async (_, make) => {
    await present(make(forge)).expect(200);
  });

  it('comes in many kinds', () => {
    expect(rows.length).toBeGreaterThan(200);
  });

  it.each(rows)('is refused: %s', async (_, make) => {
    const { headers, body } = await present(make(forge)).expect(401);
    expect(headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="The access token is malformed, expired or revoked."',
    );
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  it('is refused as a refresh token, whatever else it is good for', async () => {
    const { body } = await app.http
      .post('/v1/auth/refresh')
      .send({ refreshToken: forge.token.slice(0, 128) })
      .expect(401);
    expect(body.code).toBe('invalid_token');
  });

  it.each([
    ['no header', {}],
    ['Basic', { Authorization: 'Basic YTpi' }],
    ['the scheme alone', { Authorization: 'Bearer' }],
    ['the token alone', { Authorization: 'TOKEN' }],
    ['a scheme that begins alike', { Authorization: 'Bearers TOKEN' }],
    ['a cookie', { Cookie: 'access_token=TOKEN; jwt=TOKEN' }],
    ['another header', { 'X-Access-Token': 'TOKEN' }],
  ])('is no token at all: %s', async (_, headers) => {
    const named = Object.entries(headers).map(([name, text]) => [name, text.replaceAll('TOKEN', forge.token)]);
    const { body, headers: answered } = await app.http
      .get(`/v1/examples/mfa?access_token=${forge.token}`)
      .set(Object.fromEntries(named))
      .expect(401);
    expect(body.code).toBe('unauthenticated');
    expect(answered['www-authenticate']).toBe('Bearer');
  });
});

describe('a revoked access token', () => {
  const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

  /** Other texts with the same header and payload whose signature is right all the same. */
  function spellings(token: string): string[] {
    const [header, payload, signature] = token.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(signature.at(-1)!);
    const respelled = Array.from({ length: 16 }, (_, bits) => signature.slice(0, -1) + alphabet[(last & 0x30) | bits]);
    // (r, n - s) verifies wherever (r, s) does.
    const bytes = Buffer.from(signature, 'base64url');
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const mirrored = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
    respelled.push(Buffer.concat([bytes.subarray(0, 32), mirrored]).toString('base64url'));
    return respelled.filter((text) => text !== signature).map((text) => `${header}.${payload}.${text}`);
  }

  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it('stays dead in every spelling of its signature', async () => {
    const { accessToken, principal } = await openMfaSession(app);
    const present = (token: string) => app.http.get('/v1/auth/session').auth(token, { type: 'bearer' });
    const others = spellings(accessToken);
    expect(new Set(others).size).toBe(16);
    await present(accessToken).expect(200);
    // The mirrored signature is another good token of the same session; the 15 others are not as we write them.
    expect((await Promise.all(others.map(present))).map(({ status }) => status)).toEqual([...Array(15).fill(401), 200]);

    await app.nest.get(Sessions).end(principal.sessionId, principal.userId, 'logout', NO_REQUEST);
    for (const token of [accessToken, ...others]) await present(token).expect(401);
  });
});
