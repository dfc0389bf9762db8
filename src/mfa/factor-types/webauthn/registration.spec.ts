import { randomBytes } from 'node:crypto';
import {
  BE,
  BS,
  coseKeyOf,
  newKey,
  registration,
  type Registration,
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

const coseKey = coseKeyOf(newKey().publicKey);
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
  format: 'none',
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
    ['an attestation format that nobody asked for', { format: 'fido-u2f' }],
    ['an attestation format that does not exist', { format: 'nonsense' }],
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
