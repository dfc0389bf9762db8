import { randomBytes } from 'node:crypto';
import { Inject } from '@nestjs/common';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { Secrets } from '../../../kernel/secrets.js';
import {
  type Accepted,
  type Account,
  type Answer,
  type EnrolledFactor,
  type Enrollment,
  type FactorQuestion,
  MfaFactorType,
  type OpenChallenge,
  type PasskeyType,
} from '../factor-type.js';
import { readApplicant, readCredential, type StoredCredential, writeSecret } from './stored-credential.js';
import { WEBAUTHN_OPTIONS, type WebAuthnOptions } from './webauthn.options.js';

/** In bytes (WebAuthn L3, 13.4.3: at least 16). */
const CHALLENGE_LENGTH = 32;

// Loaded when the first key is used: the library takes 8 MB, and a tenth of a second.
const registration = () => import('./registration.js');
const assertion = () => import('./assertion.js');

/**
 * Something you have that checks who you are: a security key with PIN or fingerprint, or a passkey. Phishing-resistant,
 * as the browser tells the authenticator for which site it signs.
 */
@MfaFactorType('webauthn')
export class WebAuthnFactorType implements PasskeyType {
  readonly acr = 'phr';

  constructor(
    @Inject(WEBAUTHN_OPTIONS) private readonly options: WebAuthnOptions,
    private readonly secrets: Secrets,
  ) {}

  enroll(_: object, { email }: Account, others: readonly EnrolledFactor[]): Enrollment {
    const enrolled = others
      .map(({ secret }) => readCredential(secret))
      .map(({ id, transports }) => ({ id, transports }));
    return { secret: writeSecret({ applicant: { name: email, enrolled } }) };
  }

  async ask(factor: EnrolledFactor, challenge: Omit<OpenChallenge, 'kept'>): Promise<FactorQuestion> {
    const kept = newChallenge();
    return { kept, publicKey: await this.publicKey(factor, { ...challenge, kept }) };
  }

  async askAnyone(): Promise<FactorQuestion> {
    const [kept, { requestOptions }] = [newChallenge(), await assertion()];
    return { kept, publicKey: await requestOptions(this.options, kept) };
  }

  async publicKey({ userId, secret }: EnrolledFactor, { purpose, kept }: OpenChallenge): Promise<object> {
    if (purpose === 'enrollment') {
      const { creationOptions } = await registration();
      return creationOptions(this.options, readApplicant(secret), this.userHandle(userId), kept!);
    }
    const { requestOptions } = await assertion();
    return requestOptions(this.options, kept!, readCredential(secret));
  }

  uniqueKeyOf({ credential }: Answer): string | null {
    return typeof credential?.id === 'string' ? credential.id : null;
  }

  async verify(factor: EnrolledFactor, challenge: OpenChallenge, { credential }: Answer): Promise<Accepted | null> {
    if (!credential || challenge.kept === null) return null;
    try {
      return challenge.purpose === 'enrollment'
        ? await this.register(challenge.kept, credential as unknown as RegistrationResponseJSON)
        : await this.authenticate(factor, challenge, credential as unknown as AuthenticationResponseJSON);
    } catch {
      // The library throws for whatever is malformed and for most of what is wrong: both are a wrong answer.
      return null;
    }
  }

  private async register(challenge: string, answer: RegistrationResponseJSON): Promise<Accepted | null> {
    const { verifyRegistration } = await registration();
    const credential = await verifyRegistration(this.options, challenge, answer);
    return credential && { ...this.proof(credential), secret: writeSecret({ credential }), uniqueKey: credential.id };
  }

  private async authenticate(
    { userId, secret }: EnrolledFactor,
    { purpose, kept }: OpenChallenge,
    answer: AuthenticationResponseJSON,
  ): Promise<Accepted | null> {
    const { verifyAssertion } = await assertion();
    const { userHandle } = answer.response;
    // Without a user handle it may answer for a user whom we know, not say who its user is (WebAuthn L3, 7.2 step 6).
    const isTheirs = userHandle ? userHandle === this.userHandle(userId).toString('base64url') : purpose !== 'passkey';
    const credential = isTheirs && (await verifyAssertion(this.options, kept!, readCredential(secret), answer));
    if (!credential) return null;
    const after = writeSecret({ credential });
    // A passkey without a counter mostly changes nothing; so two devices that share it do not get in each other's way.
    return { ...this.proof(credential), ...(after !== secret && { secret: after }) };
  }

  /** RFC 8176: a key that can be synced is not bound to hardware. */
  private proof({ backupEligible }: StoredCredential): Pick<Accepted, 'amr' | 'acr'> {
    return { amr: [backupEligible ? 'swk' : 'hwk', 'user'], acr: this.acr };
  }

  /** By what authenticators know the user: says nothing about him (WebAuthn L3, 14.6.1). */
  private userHandle(userId: string): Buffer {
    return this.secrets.mac('webauthn-user-handle', userId);
  }
}

function newChallenge(): string {
  return randomBytes(CHALLENGE_LENGTH).toString('base64url');
}
