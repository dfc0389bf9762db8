import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import type { SessionDto } from '../../src/auth/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { freePort, launchBrowser, VirtualAuthenticator } from '../support/browser.js';
import { bearer, login, type Person, register } from '../support/people.js';
import { answerWith, beginEnrollment, passkeyOptions } from '../support/security-key.js';
import { isPresent } from '../support/services.js';

type Credential = Record<string, unknown> & { response: Record<string, string> };

/** A real browser, on a page of the server, with the authenticator that Chromium plays. */
(isPresent('Chromium') ? describe : describe.skip)('a security key in Chromium', () => {
  let app: TestApp;
  let origin: string;
  let browser: Browser;
  let page: Page;
  let authenticator: VirtualAuthenticator;
  let ada: Person & { factorId: string };

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    app = await startApp({ port, env: { PUBLIC_URL: origin } });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(`${origin}/v1/examples/public`);
    authenticator = await VirtualAuthenticator.plugInto(page);
    const person = await register(app);
    ada = { ...person, factorId: await enrollInBrowser(person) };
  });

  afterEach(async () => {
    await page.close();
  });

  /** `navigator.credentials.create()`, from options to answer as a page would do it. */
  function create(publicKey: object, on = page): Promise<Credential> {
    return on.evaluate(
      `navigator.credentials
        .create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(publicKey)}) })
        .then((credential) => credential.toJSON())`,
    );
  }

  /** `navigator.credentials.get()`. */
  function get(publicKey: object, on = page): Promise<Credential> {
    return on.evaluate(
      `navigator.credentials
        .get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(publicKey)}) })
        .then((credential) => credential.toJSON())`,
    );
  }

  async function enrollInBrowser(person: Person): Promise<string> {
    const session = await login(app, person);
    const { id, publicKey } = await beginEnrollment(app, session);
    await app.http
      .post(`/v1/mfa/factors/${id}/activate`)
      .auth(session.accessToken, bearer)
      .send({ credential: await create(publicKey) })
      .expect(200);
    return id;
  }

  async function signIn(): Promise<SessionDto> {
    const pending = await login(app, ada);
    const { body } = await answerWith(app, pending, await get(pending.mfa.challenge!.publicKey!)).expect(200);
    return body;
  }

  async function refused(make: (publicKey: object) => Promise<object>): Promise<void> {
    const pending = await login(app, ada);
    const { body } = await answerWith(app, pending, await make(pending.mfa.challenge!.publicKey!)).expect(422);
    expect(body).toMatchObject({ code: 'invalid_code', attemptsLeft: 4 });
  }

  const signInAlone = (challengeId: string, credential: object) =>
    app.http.post('/v1/auth/passkey').send({ challengeId, credential });

  it('is registered as a discoverable credential of this site', async () => {
    const [credential, ...others] = await authenticator.credentials();
    expect(others).toEqual([]);
    expect(credential).toMatchObject({ isResidentCredential: true, rpId: 'localhost', userName: ada.email });
  });

  it('is not registered twice by one user: the browser is told', async () => {
    const { publicKey } = await beginEnrollment(app, await signIn());
    await expect(create(publicKey)).rejects.toThrow(/InvalidStateError|previously registered|excluded/i);
  });

  it('signs in as the second factor', async () => {
    const session = await signIn();
    const { body: claims } = await app.http.get('/v1/auth/session').auth(session.accessToken, bearer).expect(200);
    expect(claims).toMatchObject({ acr: 'phr', amr: ['pwd', 'hwk', 'user', 'mfa'], mfa: { factor: 'webauthn' } });
  });

  it('steps up a session that has gone stale', async () => {
    const session = await signIn();
    app.clock.advance('6m');
    await app.http.get('/v1/examples/mfa-fresh').auth(session.accessToken, bearer).expect(401);
    const { body: challenge } = await app.http.post('/v1/mfa/challenges').auth(session.accessToken, bearer).expect(201);
    const { body } = await app.http
      .post(`/v1/mfa/challenges/${challenge.id}/verify`)
      .auth(session.accessToken, bearer)
      .send({ credential: await get(challenge.publicKey) })
      .expect(200);
    await app.http.get('/v1/examples/mfa-fresh').auth(body.accessToken, bearer).expect(200);
  });

  it('signs in alone, without anybody being named', async () => {
    const { challengeId, publicKey } = await passkeyOptions(app);
    const { body } = await signInAlone(challengeId, await get(publicKey)).expect(200);
    expect(body.mfa).toEqual({ status: 'satisfied' });
    const { body: claims } = await app.http.get('/v1/auth/session').auth(body.accessToken, bearer).expect(200);
    expect(claims).toMatchObject({ acr: 'phr', amr: ['hwk', 'user', 'mfa'] });
  });

  it('is refused by the browser when the user is not verified, as the server demands it', async () => {
    await authenticator.verifyUser(false);
    const { publicKey } = await passkeyOptions(app);
    await expect(get(publicKey)).rejects.toThrow(/NotAllowedError/);
  });

  it('is refused by the server when the page asks for no verification', async () => {
    await authenticator.verifyUser(false);
    await refused((publicKey) => get({ ...publicKey, userVerification: 'discouraged' }));
  });

  it('is refused when its counter goes back, as that of a clone does', async () => {
    await signIn();
    await signIn();
    await authenticator.setCounters(1);
    await refused((publicKey) => get(publicKey));
  });

  it('is refused on a page of another origin', async () => {
    const server = await serveAnotherPage();
    try {
      const { port } = server.address() as AddressInfo;
      await page.goto(`http://localhost:${port}/`);
      await refused((publicKey) => get(publicKey));
      const { challengeId, publicKey } = await passkeyOptions(app);
      await signInAlone(challengeId, await get(publicKey)).expect(401);
    } finally {
      server.close();
    }
  });

  it('is refused when its answer is played again', async () => {
    const pending = await login(app, ada);
    const credential = await get(pending.mfa.challenge!.publicKey!);
    const { body } = await answerWith(app, pending, credential).expect(200);
    await answerWith(app, { ...pending, accessToken: body.accessToken }, credential).expect(410);
    await refused(async () => credential);
  });

  it('is refused for somebody else', async () => {
    const eve = await register(app);
    await authenticator.unplug();
    authenticator = await VirtualAuthenticator.plugInto(page);
    await enrollInBrowser(eve);
    await refused((publicKey) => get({ ...publicKey, allowCredentials: [] }));
  });

  it('is refused with an id that is not its rawId, and a junk signature', async () => {
    await refused(async (publicKey) => {
      const credential = await get(publicKey);
      return { ...credential, rawId: 'AAAA', response: { ...credential.response, signature: 'AAAA' } };
    });
  });

  it('is refused after it was removed', async () => {
    const session = await signIn();
    await app.http.delete(`/v1/mfa/factors/${ada.factorId}`).auth(session.accessToken, bearer).expect(204);
    const { challengeId, publicKey } = await passkeyOptions(app);
    await signInAlone(challengeId, await get(publicKey)).expect(401);
  });
});

function serveAnotherPage(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((_, response) => response.end('<!doctype html><title>Another page</title>'));
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
