/** How a browser finds a credential again. */
export interface CredentialDescriptor {
  /** In base64url, as everything here that is bytes. */
  readonly id: string;
  readonly transports: string[];
}

/** What is kept of a registered credential (WebAuthn L3, 4: credential record). */
export interface StoredCredential extends CredentialDescriptor {
  /** COSE_Key. */
  readonly publicKey: string;
  /** 0 for as long as the authenticator does not count. */
  readonly counter: number;
  /** Whether its private key may leave the authenticator: a passkey that is synced. Never changes. */
  readonly backupEligible: boolean;
  /** Whether it has. */
  readonly backedUp: boolean;
}

/** What is kept until the authenticator has made a credential. */
export interface Applicant {
  /** By what the browser lists the account. */
  readonly name: string;
  /** The authenticators that the user has enrolled already, by their credentials. */
  readonly enrolled: CredentialDescriptor[];
}

/** What a factor of this type keeps as its secret, as JSON. */
type Secret = { applicant: Applicant } | { credential: StoredCredential };

export function writeSecret(secret: Secret): string {
  return JSON.stringify(secret);
}

/** @throws Error when the factor has a credential already */
export function readApplicant(secret: string | null): Applicant {
  const read = JSON.parse(secret!) as Secret;
  if (!('applicant' in read)) throw new Error('The factor has a credential already.');
  return read.applicant;
}

/** @throws Error when the factor has no credential yet */
export function readCredential(secret: string | null): StoredCredential {
  const read = JSON.parse(secret!) as Secret;
  if (!('credential' in read)) throw new Error('The factor has no credential yet.');
  return read.credential;
}
