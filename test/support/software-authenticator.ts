import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Flags of authenticator data: user present and verified, backup eligible and done (WebAuthn L3, 6.1). */
export const [UP, UV, BE, BS] = [0x01, 0x04, 0x08, 0x10];
const AT = 0x40;

/** What goes into an answer, so that a test changes one thing and has the rest right, and signed. */
export interface Ceremony {
  readonly id: string;
  readonly rawId: string;
  readonly credentialType: string;
  readonly rpId: string;
  readonly flags: number;
  readonly counter: number;
  readonly clientData: Record<string, unknown>;
}

export interface Assertion extends Ceremony {
  readonly userHandle: string | undefined;
  readonly key: KeyObject;
}

export interface Registration extends Ceremony {
  /** What the authenticator says its credential is called. */
  readonly signedId: string;
  readonly coseKey: Buffer;
  readonly attest: (authenticatorData: Buffer, clientDataHash: Buffer) => Attestation;
  readonly transports: unknown;
}

export interface Attestation {
  readonly format: string;
  /** In CBOR. */
  readonly statement: Buffer;
}

export const NO_ATTESTATION: Attestation = { format: 'none', statement: Buffer.from('a0', 'hex') };
const NO_MODEL = Buffer.alloc(16);

export function newKey(namedCurve = 'P-256') {
  return generateKeyPairSync('ec', { namedCurve });
}

/** An assertion in the form of `toJSON()`. */
export function assertion({ userHandle, key, ...ceremony }: Assertion) {
  const authenticatorData = authData(ceremony);
  const client = Buffer.from(JSON.stringify(ceremony.clientData));
  const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(client)]), key);
  return credential(ceremony, {
    clientDataJSON: client.toString('base64url'),
    authenticatorData: authenticatorData.toString('base64url'),
    signature: signature.toString('base64url'),
    userHandle,
  });
}

/** A registration, in the form of `toJSON()`. */
export function registration({ signedId, coseKey, attest, transports, ...ceremony }: Registration) {
  const id = Buffer.from(signedId, 'base64url');
  const attested = Buffer.concat([NO_MODEL, uint16(id.length), id, coseKey]);
  const data = Buffer.concat([authData({ ...ceremony, flags: ceremony.flags | AT }), attested]);
  const client = Buffer.from(JSON.stringify(ceremony.clientData));
  const { format, statement } = attest(data, sha256(client));
  // {"fmt": format, "attStmt": statement, "authData": data}
  const attestationObject = Buffer.concat([
    Buffer.from('a363666d74', 'hex'),
    Buffer.from([0x60 | format.length]),
    Buffer.from(format),
    Buffer.from('6761747453746d74', 'hex'),
    statement,
    Buffer.from('68617574684461746159', 'hex'),
    uint16(data.length),
    data,
  ]);
  return credential(ceremony, {
    clientDataJSON: client.toString('base64url'),
    attestationObject: attestationObject.toString('base64url'),
    transports,
  });
}

/** COSE_Key of an EC key, in CBOR (RFC 9053, 7.1). */
export function coseKeyOf(key: KeyObject, { algorithm = -7, curve = 1 } = {}): Buffer {
  const { x, y } = key.export({ format: 'jwk' });
  const integer = (value: number) =>
    value >= 0 ? Buffer.from([value]) : value >= -24 ? Buffer.from([0x1f - value]) : Buffer.from([0x38, -1 - value]);
  const bytes = (text: string) => {
    const point = Buffer.from(text, 'base64url');
    return Buffer.concat([Buffer.from([0x58, point.length]), point]);
  };
  const entries = [integer(1), integer(2), integer(3), integer(algorithm), integer(-1), integer(curve)];
  return Buffer.concat([Buffer.from([0xa5]), ...entries, integer(-2), bytes(x!), integer(-3), bytes(y!)]);
}

function credential<Response>({ id, rawId, credentialType }: Ceremony, response: Response) {
  return { id, rawId, type: credentialType, clientExtensionResults: {}, response };
}

function authData({ rpId, flags, counter }: Ceremony): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
