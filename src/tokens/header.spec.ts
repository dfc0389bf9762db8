import { readHeader } from './header.js';

const b64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64url');
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'key' };
const SIGNATURE = b64(Buffer.alloc(64, 7));
const token = (header: unknown, payload: unknown = { sub: 'ada' }, signature = SIGNATURE) =>
  `${b64(JSON.stringify(header))}.${b64(JSON.stringify(payload))}.${signature}`;
const [FIRST, SECOND] = token(HEADER).split('.');

describe('the header of a token', () => {
  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('is read when its typ is %s', (typ) => {
    expect(readHeader(token({ ...HEADER, typ }))).toEqual({ alg: 'ES256', kid: 'key' });
  });

  it.each<[string, string]>([
    ['something before it', ` ${token(HEADER)}`],
    ['something after it', `${token(HEADER)} `],
    ['a part more', `${token(HEADER)}.${SIGNATURE}`],
    ['a part less', `${FIRST}.${SECOND}`],
    ['no signature', `${FIRST}.${SECOND}.`],
    ['no payload', `${FIRST}..${SIGNATURE}`],
    ['no header', `.${SECOND}.${SIGNATURE}`],
    ['a character that is not base64url', `${FIRST}.${SECOND}.${SIGNATURE}=`],
    ['a signature spelled in another way', `${FIRST}.${SECOND}.${SIGNATURE.slice(0, -1)}_`],
    ['a payload spelled in another way', `${FIRST}.${b64('{ "sub": "ada" }')}.${SIGNATURE}`],
    ['a header spelled in another way', `${b64(` ${JSON.stringify(HEADER)}`)}.${SECOND}.${SIGNATURE}`],
    ['a member twice', `${b64(`{"alg":"none",${JSON.stringify(HEADER).slice(1)}`)}.${SECOND}.${SIGNATURE}`],
    ['no JSON', `${b64('{')}.${SECOND}.${SIGNATURE}`],
    ['a payload that is no JSON', `${FIRST}.${b64('claims')}.${SIGNATURE}`],
    ['a payload that is not UTF-8', `${FIRST}.${b64(Buffer.from([0x7b, 0xff, 0x7d]))}.${SIGNATURE}`],
    ['a payload that is an array', token(HEADER, ['ada'])],
    ['a payload that is null', token(HEADER, null)],
    ['a payload that is a word', token(HEADER, 'ada')],
    ['a header that is null', token(null)],
    ['a header that is an array', token([])],
    ['a header that is a number', token(7)],
    ['a header that is too long', token({ ...HEADER, kid: 'k'.repeat(800) })],
    ['a payload that is too long', token(HEADER, { sub: 'a'.repeat(6_200) })],
    ['a signature that is too long', token(HEADER, {}, b64(Buffer.alloc(780)))],
  ])('is none with %s', (_, text) => {
    expect(readHeader(text)).toBeNull();
  });

  it.each<[string, object]>([
    ['no alg', { alg: undefined }],
    ['an alg that is a list', { alg: ['ES256'] }],
    ['no kid', { kid: undefined }],
    ['a kid that is a number', { kid: 7 }],
    ['no typ', { typ: undefined }],
    ['a typ that is a list', { typ: ['at+jwt'] }],
    ['typ JWT', { typ: 'JWT' }],
    ['an empty typ', { typ: '' }],
    ['crit', { crit: [] }],
    ['a key of its own', { jwk: {} }],
  ])('is refused with %s', (_, changes) => {
    expect(readHeader(token({ ...HEADER, ...changes }))).toBeNull();
  });

  it('may be as long as the longest key id and payload of ours', () => {
    expect(readHeader(token({ ...HEADER, kid: 'k'.repeat(600) }, { sub: 'a'.repeat(6_000) }))).not.toBeNull();
    expect(readHeader(token(HEADER, {}, b64(Buffer.alloc(512))))).not.toBeNull();
  });
});
