import { randomBytes } from 'node:crypto';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import type { Caller, SessionDto } from '../../src/auth/index.js';
import { AccessTokens } from '../../src/tokens/access-tokens.js';
import type { TestApp } from './app.js';
import type { Server } from './server.js';

export const PASSWORD = 'brass gears turn slowly';

export interface Person {
  readonly email: string;
  readonly password: string;
}

/** Somebody whose address nobody else has. */
export function newPerson(name = 'ada'): Person {
  return { email: `${name}-${randomBytes(6).toString('hex')}@example.com`, password: PASSWORD };
}

/** Registers a new person and proves the address. */
export async function register(
  app: Pick<TestApp | Server, 'http' | 'lastCode'>,
  person = newPerson(),
): Promise<Person> {
  const { body } = await app.http.post('/v1/auth/register').send(person).expect(202);
  const code = await eventually(() => app.lastCode(person.email));
  await app.http.post('/v1/auth/email/verify').send({ challengeId: body.verification.id, code }).expect(204);
  return person;
}

export async function login(app: Pick<TestApp, 'http'>, { email, password }: Person): Promise<SessionDto> {
  const { body } = await app.http.post('/v1/auth/login').send({ email, password }).expect(200);
  return body;
}

/** Enrols and activates a factor with a fresh enough token. @returns its id */
export async function enroll(
  app: TestApp,
  { accessToken }: Pick<SessionDto, 'accessToken'>,
  input: Record<string, unknown>,
  to: string,
): Promise<string> {
  const { body } = await app.http.post('/v1/mfa/factors').auth(accessToken, bearer).send(input).expect(201);
  await app.http
    .post(`/v1/mfa/factors/${body.factor.id}/activate`)
    .auth(accessToken, bearer)
    .send({ code: app.lastCode(to) })
    .expect(200);
  return body.factor.id;
}

/** Somebody with an e-mail factor. */
export async function registerWithEmailFactor(app: TestApp, who = newPerson()): Promise<Person & { factorId: string }> {
  const person = await register(app, who);
  const factorId = await enroll(app, await login(app, person), { type: 'email' }, person.email);
  return { ...person, factorId };
}

/** Answers the challenge that a login opened with the code that was sent. */
export async function answer(app: TestApp, session: SessionDto, to: string): Promise<SessionDto> {
  const { body } = await app.http
    .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
    .auth(session.accessToken, bearer)
    .send({ code: app.lastCode(to) })
    .expect(200);
  return body;
}

/** A session with the MFA claim, by e-mail. */
export async function signInWithMfa(app: TestApp, person: Person): Promise<SessionDto> {
  return answer(app, await login(app, person), person.email);
}

export const bearer = { type: 'bearer' } as const;

/** Requests under `/v1` with the session's access token. */
export const as = (app: Pick<TestApp, 'http'>, { accessToken }: Pick<SessionDto, 'accessToken'>) => ({
  get: (path: string) => app.http.get(`/v1${path}`).auth(accessToken, bearer),
  post: (path: string, body?: object) => app.http.post(`/v1${path}`).auth(accessToken, bearer).send(body),
  patch: (path: string, body: object) => app.http.patch(`/v1${path}`).auth(accessToken, bearer).send(body),
  delete: (path: string) => app.http.delete(`/v1${path}`).auth(accessToken, bearer),
});

/** Whom the access token makes its bearer: what services are called with. */
export function principalOf(app: TestApp, { accessToken }: Pick<SessionDto, 'accessToken'>): Caller {
  const payload = Buffer.from(accessToken.split('.')[1], 'base64url').toString();
  return { ...app.nest.get(AccessTokens).read(JSON.parse(payload)), origin: NO_REQUEST };
}

/** Tries again for 2 seconds: for what happens after the answer, like the mail of a registration. */
export async function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + 2_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
