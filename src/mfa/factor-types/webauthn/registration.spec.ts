import { randomBytes, sign } from 'node:crypto';
import {
  type Attestation,
  BE,
  BS,
  coseKeyOf,
  newKey,
  NO_ATTESTATION,
  registration,
  type Registration,
  sha256,
  UP,
  UV,
} from '../../../../test/support/software-authenticator.js';
import { Secrets } from '../../../kernel/secrets.js';
import type { Accepted } from '../factor-type.js';
import { readCredential, writeSecret } from './stored-credential.js';
import { WebAuthnFactorType } from './webauthn.factor-type.js';

const ORIGIN = 'https://id.example.com';
const CHALLENGE = randomBytes(32).toString('base64url');
const type = new WebAuthnFactorType(
  { rpId: 'example.com', rpName: 'Example', origins: [ORIGIN] },
  new Secrets(randomBytes(32)),
);

const { publicKey } = newKey();
const coseKey = coseKeyOf(publicKey);
const id = randomBytes(16).toString('base64url');

const right: Registration = {
  id,
  rawId: id,
  signedId: id,
  credentialType: 'public-key',
  rpId: 'example.com',
  flags: UP | UV,
  counter: 3,
  clientData: { type: 'webauthn.create', challenge: CHALLENGE, origin: ORIGIN, crossOrigin: false },
  coseKey,
  attest: () => NO_ATTESTATION,
  transports: ['usb', 'nfc'],
};

function verify(changes: Partial<Registration> = {}): Promise<Accepted | null> {
  const applicant = { name: 'ada@example.com', displayName: 'Ada', enrolled: [] };
  const factor = { id: 'factor', userId: 'ada', secret: writeSecret({ applicant }) };
  const open = { id: 'challenge', purpose: 'enrollment', kept: CHALLENGE } as const;
  return type.verify(factor, open, { credential: registration({ ...right, ...changes }) });
}

const keptOf = (accepted: Accepted | null) => readCredential(accepted!.secret!);
const named = (length: number) => {
  const long = randomBytes(length).toString('base64url');
  return { id: long, rawId: long, signedId: long };
};

describe('the registration of a security key', () => {
  it('is taken when it is right, and everything that later answers are compared with is kept', async () => {
    const accepted = await verify();
    expect(accepted).toMatchObject({ acr: 'phr', amr: ['hwk', 'user'], uniqueKey: id });
    expect(keptOf(accepted)).toEqual({
      id,
      publicKey: coseKey.toString('base64url'),
      counter: 3,
      backupEligible: false,
      backedUp: false,
      transports: ['usb', 'nfc'],
    });
  });

  it.each<[string, Partial<Registration>]>([
    ['no user verification', { flags: UP }],
    ['no user presence', { flags: UV }],
    ['another RP ID', { rpId: 'example.org' }],
    ['an id that is not its rawId', { rawId: 'AAAA' }],
    ['an id that is not the one that the authenticator gave', { id: 'AAAA', rawId: 'AAAA' }],
    ['another credential type', { credentialType: 'password' }],
    ['a backup of what cannot be backed up', { flags: UP | UV | BS }],
    ['an id of more than 1,023 bytes', named(1_024)],
    [
      'an algorithm that was not offered',
      { coseKey: coseKeyOf(newKey('P-384').publicKey, { algorithm: -35, curve: 2 }) },
    ],
    ['an attestation that nobody asked for, though it is a true one', { attest: u2fAttestation }],
    ['an attestation in a format that does not exist', { attest: () => ({ ...NO_ATTESTATION, format: 'nonsense' }) }],
  ])('is refused with %s', async (_, changes) => {
    expect(await verify(changes)).toBeNull();
  });

  it.each<[string, Record<string, unknown>]>([
    ['for another ceremony', { type: 'webauthn.get' }],
    ['for another challenge', { challenge: randomBytes(32).toString('base64url') }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from a subdomain', { origin: 'https://sub.id.example.com' }],
    ['from a frame of another site', { crossOrigin: true }],
    ['from below another page', { topOrigin: 'https://evil.example' }],
  ])('is refused when it was made %s', async (_, changes) => {
    expect(await verify({ clientData: { ...right.clientData, ...changes } })).toBeNull();
  });

  it('may have an id of 1,023 bytes', async () => {
    expect(await verify(named(1_023))).not.toBeNull();
  });

  it('says whether the key is synced', async () => {
    const accepted = await verify({ flags: UP | UV | BE | BS });
    expect(accepted).toMatchObject({ amr: ['swk', 'user'] });
    expect(keptOf(accepted)).toMatchObject({ backupEligible: true, backedUp: true });
  });

  it.each<[unknown, string[]]>([
    [undefined, []],
    ['usb', []],
    [
      ['usb', 'carrier-pigeon', 7, null, 'internal'],
      ['usb', 'internal'],
    ],
  ])('keeps of the transports %j only those that exist', async (transports, kept) => {
    expect(keptOf(await verify({ transports })).transports).toEqual(kept);
  });
});

/** WebAuthn L3, 8.6: signed by a key that comes with a certificate, which leads to nobody. */
function u2fAttestation(authenticatorData: Buffer, clientDataHash: Buffer): Attestation {
  const attester = newKey();
  const { x, y } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), ...[x, y].map((coordinate) => Buffer.from(coordinate!, 'base64url'))]);
  const signed = [Buffer.from([0]), sha256(right.rpId), clientDataHash, Buffer.from(id, 'base64url'), point];
  const signature = sign('sha256', Buffer.concat(signed), attester.privateKey);
  const certificate = certificateOf(attester.publicKey.export({ type: 'spki', format: 'der' }));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(certificate.length);
  // {"sig": signature, "x5c": [certificate]}
  const statement = Buffer.concat([
    Buffer.from('a26373696758', 'hex'),
    Buffer.from([signature.length]),
    signature,
    Buffer.from('637835638159', 'hex'),
    length,
    certificate,
  ]);
  return { format: 'fido-u2f', statement };
}

/** The least that is an X.509 certificate. */
function certificateOf(publicKeyInfo: Buffer): Buffer {
  const der = (tag: number, ...parts: Buffer[]): Buffer => {
    const value = Buffer.concat(parts);
    const length = value.length < 128 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff];
    return Buffer.concat([Buffer.from([tag, ...length]), value]);
  };
  const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
  const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
  const [from, to] = ['240101000000Z', '490101000000Z'].map((time) => der(0x17, Buffer.from(time)));
  const version = Buffer.from('a003020102', 'hex');
  const serial = Buffer.from('020101', 'hex');
  const nobody = sequence();
  const body = sequence(version, serial, ecdsaWithSha256, nobody, sequence(from, to), nobody, publicKeyInfo);
  return sequence(body, ecdsaWithSha256, der(0x03, Buffer.from('00', 'hex')));
}
