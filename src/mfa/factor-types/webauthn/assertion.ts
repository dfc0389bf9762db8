import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server';
import { isoBase64URL } from '@simplewebauthn/server/helpers';
import { isFramed } from './cross-origin.js';
import { TIMEOUT } from './registration.js';
import type { CredentialDescriptor, StoredCredential } from './stored-credential.js';
import type { WebAuthnOptions } from './webauthn.options.js';

/** What the browser is given to use a credential: this one, or any that the user has here when none is named. */
export function requestOptions(
  { rpId }: WebAuthnOptions,
  challenge: string,
  credential?: CredentialDescriptor,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: rpId,
    challenge: isoBase64URL.toBuffer(challenge),
    timeout: TIMEOUT,
    userVerification: 'required',
    allowCredentials: credential ? [{ id: credential.id, transports: credential.transports }] : [],
  });
}

/**
 * Checks what the authenticator answered (WebAuthn L3, 7.2). A counter that has not grown is refused: there may be a
 * clone of the authenticator.
 * @returns the credential as it is to be kept from now on, or null when the answer is not of this credential
 * @throws Error when the answer is malformed, or does not verify
 */
export async function verifyAssertion(
  { rpId, origins }: WebAuthnOptions,
  challenge: string,
  credential: StoredCredential,
  response: AuthenticationResponseJSON,
): Promise<StoredCredential | null> {
  // Whose key checks the signature is ours to say, never the answer's; the library leaves that comparison to us.
  if (response.id !== credential.id || isFramed(response.response.clientDataJSON)) return null;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: true,
    credential: {
      id: credential.id,
      publicKey: isoBase64URL.toBuffer(credential.publicKey),
      counter: credential.counter,
    },
  });
  const { credentialDeviceType, credentialBackedUp, newCounter } = authenticationInfo;
  const backupEligible = credentialDeviceType === 'multiDevice';
  if (!verified || backupEligible !== credential.backupEligible) return null;
  return { ...credential, counter: newCounter, backedUp: credentialBackedUp };
}
