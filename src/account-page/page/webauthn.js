import { ApiError } from './api.js';

/** Whether this browser speaks WebAuthn with JSON in and out (WebAuthn Level 3). */
export const hasWebAuthn = () => typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function';

/** Makes a credential from the options of an enrolment. @throws ApiError `webauthn_failed`, `webauthn_known` */
export function createCredential(options) {
  return ask(() =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  );
}

/** Answers a challenge. @throws ApiError `webauthn_failed` */
export function getCredential(options) {
  return ask(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
}

async function ask(browser) {
  try {
    return (await browser()).toJSON();
  } catch ({ name }) {
    throw new ApiError(name === 'InvalidStateError' ? 'webauthn_known' : 'webauthn_failed');
  }
}

/** The code from a text message, where the browser can read it with the person's consent (WebOTP); else null. */
export async function receiveTextedCode(signal) {
  if (!('OTPCredential' in globalThis)) return null;
  const received = navigator.credentials.get({ otp: { transport: ['sms'] }, signal });
  return received.then((otp) => otp?.code ?? null).catch(() => null);
}
