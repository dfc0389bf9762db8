import { randomBytes } from 'node:crypto';
import {
  assertion,
  type Assertion,
  BE,
  BS,
  coseKeyOf,
  newKey,
  UP,
  UV,
} from '../../../../test/support/software-authenticator.js';
import { Secrets } from '../../../kernel/secrets.js';
import type { Accepted, OpenChallenge } from '../factor-type.js';
import { type StoredCredential, writeSecret } from './stored-credential.js';
import { WebAuthnFactorType } from './webauthn.factor-type.js';

const ORIGIN = 'https://id.example.com';
const RP_ID = 'example.com';
const CHALLENGE = randomBytes(32).toString('base64url');

const secrets = new Secrets(randomBytes(32));
const type = new WebAuthnFactorType(
  { rpId: RP_ID, rpName: 'Example', origins: [ORIGIN, 'https://app.example.com'] },
  secrets,
);
const handle = (userId: string) => secrets.mac('webauthn-user-handle', userId).toString('base64url');

const { privateKey, publicKey } = newKey();
const id = randomBytes(16).toString('base64url');

const right: Assertion = {
  id,
  rawId: id,
  credentialType: 'public-key',
  rpId: RP_ID,
  flags: UP | UV,
  counter: 8,
  userHandle: handle('ada'),
  clientData: { type: 'webauthn.get', challenge: CHALLENGE, origin: ORIGIN, crossOrigin: false },
  key: privateKey,
};

const answer = (changes: Partial<Assertion> = {}) => assertion({ ...right, ...changes });

const stored: StoredCredential = {
  id,
  publicKey: coseKeyOf(publicKey).toString('base64url'),
  counter: 7,
  backupEligible: false,
  backedUp: false,
  transports: ['usb'],
};

function verify(
  credential: Record<string, unknown>,
  kept: Partial<StoredCredential> = {},
  purpose: OpenChallenge['purpose'] = 'mfa',
): Promise<Accepted | null> {
  const factor = { id: 'factor', userId: 'ada', secret: writeSecret({ credential: { ...stored, ...kept } }) };
  return type.verify(factor, { id: 'challenge', purpose, kept: CHALLENGE }, { credential });
}

const keptAfter = (accepted: Accepted | null): StoredCredential => JSON.parse(accepted!.secret!).credential;

describe('the answer of a security key', () => {
  it('is taken when it is right, and its counter is kept', async () => {
    const accepted = await verify(answer());
    expect(accepted).toMatchObject({ acr: 'phr', amr: ['hwk', 'user'] });
    expect(keptAfter(accepted)).toEqual({ ...stored, counter: 8 });
  });

  it.each<[string, Partial<Assertion>]>([
    ['no user verification', { flags: UP }],
    ['no user presence', { flags: UV }],
    ['a counter that stands still', { counter: 7 }],
    ['a counter that went back', { counter: 6 }],
    ['a counter that went back to none', { counter: 0 }],
    ['another RP ID', { rpId: 'example.org' }],
    ['a subdomain as RP ID', { rpId: 'id.example.com' }],
    ['the signature of another key', { key: newKey().privateKey }],
    ['the name of another credential', { id: 'AAAA', rawId: 'AAAA' }],
    ['an id that is not its rawId', { rawId: 'AAAA' }],
    ['another credential type', { credentialType: 'password' }],
    ['the user handle of somebody else', { userHandle: handle('eve') }],
    ['a backup of what cannot be backed up', { flags: UP | UV | BS }],
    ['a key that has become one that can be backed up', { flags: UP | UV | BE }],
  ])('is refused with %s', async (_, changes) => {
    expect(await verify(answer(changes))).toBeNull();
  });

  it.each<[string, Record<string, unknown>]>([
    ['for another ceremony', { type: 'webauthn.create' }],
    ['for another challenge', { challenge: randomBytes(32).toString('base64url') }],
    ['for no challenge', { challenge: undefined }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from another subdomain', { origin: 'https://evil.example.com' }],
    ['from an origin that ours is the beginning of', { origin: `${ORIGIN}.evil.example` }],
    ['from another port', { origin: `${ORIGIN}:8443` }],
    ['from another scheme', { origin: 'http://id.example.com' }],
    ['from a frame of another site', { crossOrigin: true }],
    ['from a frame of a named site', { crossOrigin: true, topOrigin: 'https://evil.example' }],
    ['from below another page', { topOrigin: ORIGIN }],
  ])('is refused when it was made %s', async (_, changes) => {
    expect(await verify(answer({ clientData: { ...right.clientData, ...changes } }))).toBeNull();
  });

  it.each(['https://app.example.com', ORIGIN])('is taken from %s', async (origin) => {
    expect(await verify(answer({ clientData: { ...right.clientData, origin } }))).not.toBeNull();
  });

  it('may have members that we do not know', async () => {
    const clientData = { ...right.clientData, tomorrow: 'x' };
    expect(await verify(answer({ clientData }))).not.toBeNull();
  });

  it('need not name its user where we know him', async () => {
    expect(await verify(answer({ userHandle: undefined }))).not.toBeNull();
  });

  it('is not looked at without a challenge', async () => {
    const factor = { id: 'factor', userId: 'ada', secret: writeSecret({ credential: stored }) };
    const open = { id: 'challenge', purpose: 'mfa', kept: null } as const;
    expect(await type.verify(factor, open, { credential: answer() })).toBeNull();
    expect(await type.verify(factor, { ...open, kept: CHALLENGE }, { code: '123456' })).toBeNull();
  });

  it.each(['clientDataJSON', 'authenticatorData', 'signature'] as const)(
    'is wrong when %s is damaged',
    async (part) => {
      const whole = answer();
      const bytes = Buffer.from(whole.response[part], 'base64url');
      const flipped = Buffer.from(bytes);
      flipped[flipped.length - 1] ^= 1;
      const encoded = [flipped, bytes.subarray(0, -1), bytes.subarray(0, 8)].map((some) => some.toString('base64url'));
      for (const value of [...encoded, '', '%', 'null', 7, null, undefined, {}, []]) {
        expect(await verify({ ...whole, response: { ...whole.response, [part]: value } })).toBeNull();
      }
    },
  );
});

describe('the answer of a synced passkey', () => {
  const synced = { backupEligible: true, backedUp: false, counter: 0 };

  it('is soft, and what has changed of its backup is kept', async () => {
    const accepted = await verify(answer({ flags: UP | UV | BE | BS, counter: 0 }), synced);
    expect(accepted).toMatchObject({ acr: 'phr', amr: ['swk', 'user'] });
    expect(keptAfter(accepted)).toMatchObject({ backedUp: true, counter: 0 });
  });

  it('changes nothing when nothing has changed, so that two of its devices do not get in each other’s way', async () => {
    expect((await verify(answer({ flags: UP | UV | BE, counter: 0 }), synced))!.secret).toBeUndefined();
  });

  it('is refused when the key has become one that cannot be backed up', async () => {
    expect(await verify(answer({ flags: UP | UV, counter: 0 }), synced)).toBeNull();
  });
});

describe('the answer of a passkey that signs in alone', () => {
  it('names its user', async () => {
    expect(await verify(answer(), {}, 'passkey')).not.toBeNull();
    expect(await verify(answer({ userHandle: undefined }), {}, 'passkey')).toBeNull();
    expect(await verify(answer({ userHandle: '' }), {}, 'passkey')).toBeNull();
    expect(await verify(answer({ userHandle: handle('eve') }), {}, 'passkey')).toBeNull();
  });

  it('is matched by its credential id', () => {
    expect(type.uniqueKeyOf({ credential: answer() })).toBe(id);
    for (const credential of [undefined, {}, { id: 7 }, { id: null }])
      expect(type.uniqueKeyOf({ credential })).toBeNull();
  });
});
