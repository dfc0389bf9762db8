import {
  AuthenticatorEmulator,
  PasskeysCredentialsMemoryRepository,
  WebAuthnEmulator,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from 'nid-webauthn-emulator';
import type { SessionDto } from '../../src/auth/index.js';
import type { TestApp } from './app.js';
import { bearer, login, type Person, register } from './people.js';

/** Where the pages of a test server are: `PUBLIC_URL` unless the environment says otherwise. */
export const ORIGIN = 'http://localhost:3000';

interface KeyOptions {
  /** Whether the user gives PIN or finger; true unless given. */
  readonly verifiesUser?: boolean;
  /** By how much its counter grows; 1 unless given. */
  readonly countsBy?: number;
}

/** What `toJSON()` of a browser's credential gives. */
export type Credential = Record<string, unknown> & { id: string; response: Record<string, string> };

/** A browser with an authenticator of its own: a passkey that is synced. */
export class SecurityKey {
  private readonly memory = new PasskeysCredentialsMemoryRepository();

  create(publicKey: object, origin = ORIGIN, options: KeyOptions = {}): Credential {
    const browser = this.browser(options);
    return browser.createJSON(origin, publicKey as PublicKeyCredentialCreationOptionsJSON, [origin]) as never;
  }

  get(publicKey: object, origin = ORIGIN, options: KeyOptions = {}): Credential {
    const browser = this.browser(options);
    return browser.getJSON(origin, publicKey as PublicKeyCredentialRequestOptionsJSON, [origin]) as never;
  }

  private browser({ verifiesUser = true, countsBy = 1 }: KeyOptions): WebAuthnEmulator {
    return new WebAuthnEmulator(
      new AuthenticatorEmulator({
        credentialsRepository: this.memory,
        signCounterIncrement: countsBy,
        userMakeCredentialInteraction: () => ({ options: { uv: verifiesUser, up: true } }),
        userGetAssertionInteraction: () => ({ options: { uv: verifiesUser, up: true } }),
      }),
    );
  }
}

/** Begins to enrol a key. @returns the pending factor's id, and what the browser is given */
export async function beginEnrollment(
  app: TestApp,
  { accessToken }: Pick<SessionDto, 'accessToken'>,
): Promise<{ id: string; publicKey: object }> {
  const input = { type: 'webauthn', label: 'Blue key' };
  const { body } = await app.http.post('/v1/mfa/factors').auth(accessToken, bearer).send(input).expect(201);
  return { id: body.factor.id, publicKey: body.enrollment.publicKey };
}

/** Enrols a key. @returns the factor's id */
export async function enrollKey(
  app: TestApp,
  session: Pick<SessionDto, 'accessToken'>,
  key: SecurityKey,
): Promise<string> {
  const { id, publicKey } = await beginEnrollment(app, session);
  await app.http
    .post(`/v1/mfa/factors/${id}/activate`)
    .auth(session.accessToken, bearer)
    .send({ credential: key.create(publicKey) })
    .expect(200);
  return id;
}

export interface KeyOwner extends Person {
  readonly key: SecurityKey;
  readonly factorId: string;
}

/** Somebody with a security key as the only factor. */
export async function registerWithKey(app: TestApp): Promise<KeyOwner> {
  const person = await register(app);
  const key = new SecurityKey();
  return { ...person, key, factorId: await enrollKey(app, await login(app, person), key) };
}

/** Answers the challenge that a login opened. */
export function answerWith(app: TestApp, session: SessionDto, credential: object) {
  return app.http
    .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
    .auth(session.accessToken, bearer)
    .send({ credential });
}

/** A session with the MFA claim, by password and key. */
export async function signInWithKey(app: TestApp, owner: KeyOwner): Promise<SessionDto> {
  const pending = await login(app, owner);
  const { body } = await answerWith(app, pending, owner.key.get(pending.mfa.challenge!.publicKey!)).expect(200);
  return body;
}

/** What a browser needs to ask for any passkey. */
export async function passkeyOptions(app: TestApp): Promise<{ challengeId: string; publicKey: object }> {
  const { body } = await app.http.post('/v1/auth/passkey/options').expect(201);
  return body;
}
