import {
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { COSEALG, decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
import { isFramed } from './cross-origin.js';
import type { Applicant, StoredCredential } from './stored-credential.js';
import type { WebAuthnOptions } from './webauthn.options.js';

/** How long the browser waits for the user, in milliseconds: as long as a challenge lives. */
export const TIMEOUT = 300_000;

/** Best first. */
const ALGORITHMS: number[] = [COSEALG.ES256, COSEALG.EdDSA, COSEALG.RS256];
/** Attestation is not asked for, so what an authenticator is cannot matter; these are what clients then send. */
const ATTESTATION_FORMATS = ['none', 'packed'];
/** WebAuthn L3, 7.1 step 25. */
const LONGEST_ID = 1_023;
const TRANSPORTS = new Set(['ble', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

/** What the browser is given to make a credential: with user verification, and discoverable where possible. */
export function creationOptions(
  { rpId, rpName }: WebAuthnOptions,
  { name, enrolled }: Applicant,
  userHandle: Buffer,
  challenge: string,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpID: rpId,
    rpName,
    userID: new Uint8Array(userHandle),
    userName: name,
    userDisplayName: name,
    challenge: isoBase64URL.toBuffer(challenge),
    timeout: TIMEOUT,
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    excludeCredentials: enrolled,
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/**
 * Checks what the authenticator answered (WebAuthn L3, 7.1).
 * @returns null when it is not what was asked for
 * @throws Error when it is malformed
 */
export async function verifyRegistration(
  { rpId, origins }: WebAuthnOptions,
  challenge: string,
  response: RegistrationResponseJSON,
): Promise<StoredCredential | null> {
  const { clientDataJSON, attestationObject, transports } = response.response;
  const format = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject)).get('fmt');
  if (!ATTESTATION_FORMATS.includes(format) || isFramed(clientDataJSON)) return null;
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  });
  if (!verified) return null;
  const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo;
  // The library compares `id` with `rawId` only, and both are the client's words: the authenticator's own counts.
  if (credential.id !== response.id || isoBase64URL.toBuffer(credential.id).length > LONGEST_ID) return null;
  return {
    id: credential.id,
    publicKey: isoBase64URL.fromBuffer(credential.publicKey),
    counter: credential.counter,
    backupEligible: credentialDeviceType === 'multiDevice',
    backedUp: credentialBackedUp,
    transports: Array.isArray(transports) ? transports.filter((transport) => TRANSPORTS.has(transport)) : [],
  };
}
