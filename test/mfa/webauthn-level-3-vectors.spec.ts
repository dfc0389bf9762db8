import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { Secrets } from '../../src/kernel/secrets.js';
import { WebAuthnFactorType } from '../../src/mfa/factor-types/webauthn/webauthn.factor-type.js';
import { writeSecret } from '../../src/mfa/factor-types/webauthn/stored-credential.js';

interface Vector {
  readonly name: string;
  readonly credentialId: string;
  readonly registration: { challenge: string; clientDataJSON: string; attestationObject: string };
  readonly authentication: { challenge: string; authenticatorData: string; clientDataJSON: string; signature: string };
}

const FILE = resolve(__dirname, '../vectors/webauthn-level-3-section-16.json');
const { source, vectors } = JSON.parse(readFileSync(FILE, 'utf8')) as { source: string; vectors: Vector[] };

const RP_ID = 'example.org';
const ORIGIN = 'https://example.org';
const [UV, BE] = [0x04, 0x08];
const type = new WebAuthnFactorType({ rpId: RP_ID, rpName: RP_ID, origins: [ORIGIN] }, new Secrets(randomBytes(32)));

/** By what a vector differs from what is accepted here. */
const NOT_FOR_US: Record<string, string> = {
  'none.ES256.crossOrigin': 'was made in a frame of another site',
  'none.ES256.topOrigin': 'was made in a frame of another site',
  'packed.ES384': 'has an algorithm that was not offered',
};

const base64url = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

function credential({ credentialId }: Vector, parts: Record<string, string>) {
  const id = base64url(credentialId);
  const response = Object.fromEntries(Object.entries(parts).map(([name, hex]) => [name, base64url(hex)]));
  return { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {}, response };
}

/** The flags of a vector's authenticator data. */
function flagsOf(authenticatorData: string): number {
  return Buffer.from(authenticatorData, 'hex')[32];
}

function registrationFlags({ registration: { attestationObject } }: Vector): number {
  const rpIdHash = 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5';
  return flagsOf(attestationObject.slice(attestationObject.indexOf(rpIdHash)));
}

/** What the library alone makes of a registration, where user verification does not matter. */
async function registerLeniently(vector: Vector) {
  const { challenge, ...parts } = vector.registration;
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: credential(vector, parts) as never,
    expectedChallenge: base64url(challenge),
    expectedOrigin: ORIGIN,
    expectedRPID: RP_ID,
    requireUserVerification: false,
    supportedAlgorithmIDs: [-7, -8, -35, -257],
  });
  expect(verified).toBe(true);
  return registrationInfo!;
}

function verify(vector: Vector, purpose: 'enrollment' | 'mfa', secret: string) {
  const { challenge, ...parts } = purpose === 'mfa' ? vector.authentication : vector.registration;
  const factor = { id: 'factor', userId: 'user', secret };
  const open = { id: 'challenge', purpose, kept: base64url(challenge) };
  return type.verify(factor, open, { credential: credential(vector, parts) });
}

describe(source, () => {
  it.each(vectors)('$name is a true registration and a true assertion', async (vector) => {
    const { credential: registered } = await registerLeniently(vector);
    expect(registered.id).toBe(base64url(vector.credentialId));
    const { challenge, ...parts } = vector.authentication;
    const { verified } = await verifyAuthenticationResponse({
      response: credential(vector, parts) as never,
      expectedChallenge: base64url(challenge),
      expectedOrigin: ORIGIN,
      expectedTopOrigin: 'https://example.com',
      expectedRPID: RP_ID,
      requireUserVerification: false,
      credential: registered,
    });
    expect(verified).toBe(true);
  });

  it.each(vectors)('$name is registered here if the user was verified', async (vector) => {
    const flags = registrationFlags(vector);
    const isForUs = (flags & UV) !== 0 && !(vector.name in NOT_FOR_US);
    const accepted = await verify(vector, 'enrollment', '');
    if (!isForUs) return expect(accepted).toBeNull();
    expect(accepted).toMatchObject({
      acr: 'phr',
      amr: [flags & BE ? 'swk' : 'hwk', 'user'],
      uniqueKey: base64url(vector.credentialId),
    });
  });

  it.each(vectors)('$name signs in here if the user was verified', async (vector) => {
    const { credential: registered, credentialDeviceType } = await registerLeniently(vector);
    const secret = writeSecret({
      credential: {
        id: registered.id,
        publicKey: Buffer.from(registered.publicKey).toString('base64url'),
        counter: registered.counter,
        backupEligible: credentialDeviceType === 'multiDevice',
        backedUp: false,
        transports: [],
      },
    });
    const isForUs = (flagsOf(vector.authentication.authenticatorData) & UV) !== 0 && !/Origin$/.test(vector.name);
    const accepted = await verify(vector, 'mfa', secret);
    if (!isForUs) return expect(accepted).toBeNull();
    expect(accepted).toMatchObject({ acr: 'phr' });
  });

  it('has at least one of each kind that is accepted here, and one of each that is not', async () => {
    const registered = [];
    for (const vector of vectors) if (await verify(vector, 'enrollment', '')) registered.push(vector.name);
    expect(registered).toEqual(['packed-self.ES256', 'packed.ES256', 'packed.RS256']);
  });
});
