import { randomBytes } from 'node:crypto';
import { Connections } from './connections.mjs';

const PASSWORD = 'brass gears turn slowly';

/** A client of one server, as small as can be. */
export class Client {
  #connections;

  constructor(url) {
    this.#connections = new Connections(url);
  }

  /** @throws Error when there was no answer */
  async call(method, path, body, token) {
    const headers = token && { authorization: `Bearer ${token}` };
    const sent = body && JSON.stringify(body);
    const { status, text } = await this.#connections.call(method, path, { headers, body: sent });
    if (status === 0) throw new Error(`There was no answer to ${method} ${path}.`);
    return { status, body: text && JSON.parse(text) };
  }

  async code(to) {
    for (;;) {
      const { body } = await this.call('GET', `/v1/dev/outbox?to=${encodeURIComponent(to)}`);
      if (body[0]?.code) return body[0].code;
    }
  }

  /** A registered person without a factor. */
  async register() {
    const email = `bench-${randomBytes(8).toString('hex')}@example.com`;
    const person = { email, password: PASSWORD };
    const { body } = await this.call('POST', '/v1/auth/register', person);
    await this.call('POST', '/v1/auth/email/verify', {
      challengeId: body.verification.id,
      code: await this.code(email),
    });
    return person;
  }

  async login({ email, password }) {
    return { email, ...(await this.call('POST', '/v1/auth/login', { email, password })).body };
  }

  /** A person with an e-mail factor. */
  async enroll() {
    const person = await this.register();
    const { accessToken } = await this.login(person);
    const { body } = await this.call('POST', '/v1/mfa/factors', { type: 'email' }, accessToken);
    await this.call(
      'POST',
      `/v1/mfa/factors/${body.factor.id}/activate`,
      { code: await this.code(person.email) },
      accessToken,
    );
    return person;
  }

  /** A session whose challenge waits for the code. */
  async pending(person) {
    return this.asked(await this.login(person));
  }

  /** The code that was sent for a session's challenge. */
  async asked(session) {
    return { session, challengeId: session.mfa.challenge.id, code: await this.code(session.email) };
  }

  /** A session that is signed in with both factors, and asked for the second again. */
  async stepUp({ email, accessToken }) {
    const { body } = await this.call('POST', '/v1/mfa/challenges', {}, accessToken);
    return this.asked({ email, accessToken, mfa: { challenge: body } });
  }

  async verify({ session: { email, accessToken }, challengeId, code }) {
    const { body } = await this.call('POST', `/v1/mfa/challenges/${challengeId}/verify`, { code }, accessToken);
    return { email, ...body };
  }

  async refresh({ email, refreshToken }) {
    return { email, ...(await this.call('POST', '/v1/auth/refresh', { refreshToken })).body };
  }
}
