import { startApp, type TestApp } from '../support/app.js';
import { Contract } from '../support/contract.js';
import { databases } from '../support/databases.js';
import {
  as,
  bearer,
  enroll,
  eventually,
  login,
  newPerson,
  type Person,
  register,
  registerWithEmailFactor,
} from '../support/people.js';
import { newPhoneNumber, wrongCode } from '../support/second-factors.js';

// What went wrong elsewhere and no other specification would catch here: SECURITY.md has the whole list.

/** With a token of the password alone, where everyone must have a second factor. */
const OPEN_TO_PENDING = [
  'activateFactor',
  'countRecoveryCodes',
  'enrollFactor',
  'getChallenge',
  'getSession',
  'listFactors',
  'listTrustedDevices',
  'revokeTrustedDevice',
  'sendChallenge',
  'startChallenge',
  'verifyChallenge',
];

const credentialsOf = ({ email, password }: Person) => ({ email, password });
const claimsOf = (accessToken: string): { sid: string; jti: string } =>
  JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString());

describe.each(databases)('what went wrong elsewhere does not on $name:', (database) => {
  let app: TestApp;
  let contract: Contract;

  beforeAll(async () => {
    app = await startApp({ database, env: { TRUST_PROXY: 'loopback', TRUSTED_DEVICE_TTL: '30d' } });
    const { body } = await app.http.get('/openapi.json').expect(200);
    contract = new Contract(body);
  });

  afterAll(() => app.close());

  const attempt = ({ email }: Person, password: string) => app.http.post('/v1/auth/login').send({ email, password });

  it('passwords are counted alike with and without a second factor', async () => {
    for (const ada of [await register(app), await registerWithEmailFactor(app)]) {
      for (let time = 0; time < 10; time++) await attempt(ada, 'not the password').expect(401);
      await attempt(ada, ada.password).expect(429);
    }
  });

  it('who has to wait at the login has to wait wherever the password is asked for', async () => {
    const ada = await register(app);
    const { accessToken } = await login(app, ada);
    for (let time = 0; time < 10; time++) await attempt(ada, 'not the password').expect(401);
    const change = { currentPassword: ada.password, newPassword: 'copper wheels turn faster' };
    await app.http.post('/v1/auth/password/change').auth(accessToken, bearer).send(change).expect(429);
    await attempt(ada, change.newPassword).expect(429);
    app.clock.advance('10s');
    await attempt(ada, ada.password).expect(200);
  });

  it('a token from before the first factor changes nothing once there is one', async () => {
    const ada = await register(app);
    const [before, other] = [await login(app, ada), await login(app, ada)];
    const factorId = await enroll(app, other, { type: 'email' }, ada.email);
    for (const session of [before, other, await login(app, ada)]) {
      const caller = as(app, session);
      for (const input of [
        { type: 'email' },
        { type: 'sms', phoneNumber: newPhoneNumber() },
        { type: 'totp' },
        { type: 'webauthn' },
      ])
        await caller.post('/mfa/factors', input).expect(401);
      await caller.patch(`/mfa/factors/${factorId}`, { label: 'Mine' }).expect(401);
      await caller.delete(`/mfa/factors/${factorId}`).expect(401);
      await caller.post('/mfa/recovery-codes').expect(401);
      const change = { currentPassword: ada.password, newPassword: 'copper wheels turn faster' };
      await caller.post('/auth/password/change', change).expect(401);
    }
  });

  it('a reset link is of the account that it was mailed to, whoever is named beside it', async () => {
    const [ada, eve] = [await register(app), await register(app)];
    app.clock.advance('61s');
    await app.http.post('/v1/auth/password/forgot').send({ email: eve.email }).expect(202);
    const token = await resetTokenOf(eve);
    const newPassword = 'copper wheels turn faster';
    for (const beside of [{ email: ada.email }, { userId: '0'.repeat(32) }, { user: { email: ada.email } }])
      await app.http
        .post('/v1/auth/password/reset')
        .send({ token, newPassword, ...beside })
        .expect(400);
    await app.http
      .post(`/v1/auth/password/reset?email=${encodeURIComponent(ada.email)}`)
      .send({ token, newPassword })
      .expect(204);
    await attempt(ada, ada.password).expect(200);
    await attempt(eve, newPassword).expect(200);
  });

  it('a login that is not finished opens no guarded route, and a challenge is no token, over every route there is', async () => {
    const strict = await startApp({ database, env: { MFA_ENFORCEMENT: 'everyone' } });
    try {
      const ada = await registerWithEmailFactor(strict);
      const { accessToken, refreshToken, mfa } = await login(strict, ada);
      const closed = contract.operations.filter(({ operation }) => operation.security!.length > 0);
      const open: string[] = [];
      for (const { method, path, operation } of closed) {
        const id = operation.operationId!;
        const url = path.replace(/\{\w+\}/g, '0'.repeat(32));
        const send = (token: string) => strict.http[method as 'post'](url).auth(token, bearer);
        for (const token of [mfa.challenge!.id, refreshToken]) {
          const { status, body } = await send(token);
          expect([id, status, body.code]).toEqual([id, 401, 'invalid_token']);
        }
        // Last, as it ends the session.
        if (id === 'logout') continue;
        const { body } = await send(accessToken);
        if (body.code !== 'insufficient_user_authentication') open.push(id);
      }
      // What leads to the second factor. Enrolling asks for more than the policy does: see the test above.
      expect(open.sort()).toEqual(OPEN_TO_PENDING);
    } finally {
      await strict.close();
    }
  });

  it('wrong answers to a factor count from wherever they come: 50 addresses get no more than one', async () => {
    const ada = await registerWithEmailFactor(app);
    app.clock.advance('11m');
    const statuses: number[] = [];
    for (let address = 1; address <= 50; address += 1) {
      const session = await login(app, ada);
      const { status } = await app.http
        .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
        .auth(session.accessToken, bearer)
        .set('X-Forwarded-For', `198.51.100.${address}`)
        .send({ code: wrongCode(app.lastCode(ada.email)) });
      statuses.push(status);
    }
    expect(statuses.filter((status) => status === 422)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(45);
  });

  it('four routes answer a session, and no other', () => {
    const answering = contract.operations.filter(({ operation }) =>
      JSON.stringify(operation.responses).includes('#/components/schemas/SessionDto'),
    );
    expect(answering.map(({ operation }) => operation.operationId).sort()).toEqual([
      'login',
      'refresh',
      'signInWithPasskey',
      'verifyChallenge',
    ]);
  });

  it('no token or id of one flow is taken by another', async () => {
    const ada = await registerWithEmailFactor(app);
    app.clock.advance('11m');
    const pending = await login(app, ada);
    const { body: proved } = await as(app, pending)
      .post(`/mfa/challenges/${pending.mfa.challenge!.id}/verify`, {
        code: app.lastCode(ada.email),
        rememberDevice: true,
      })
      .expect(200);
    app.clock.advance('61s');
    await app.http.post('/v1/auth/password/forgot').send({ email: ada.email }).expect(202);
    const reset = await resetTokenOf(ada);
    const open = await login(app, ada);
    const { body: registration } = await app.http.post('/v1/auth/register').send(newPerson()).expect(202);
    const { body: passkey } = await app.http.post('/v1/auth/passkey/options').expect(201);
    const { sid, jti } = claimsOf(proved.accessToken);
    const tokens: Record<string, string> = {
      access: proved.accessToken,
      refresh: proved.refreshToken,
      device: proved.deviceToken,
      reset,
      challenge: open.mfa.challenge!.id,
      registration: registration.verification.id,
      passkey: passkey.challengeId,
      factor: ada.factorId,
      sid,
      jti,
    };
    const code = app.lastCode(ada.email);
    const newPassword = 'copper wheels turn faster';
    const flows: Record<string, (token: string) => Promise<{ status: number }>> = {
      access: (token) => app.http.get('/v1/auth/session').auth(token, bearer),
      refresh: (refreshToken) => app.http.post('/v1/auth/refresh').send({ refreshToken }),
      reset: (token) => app.http.post('/v1/auth/password/reset').send({ token, newPassword }),
      challenge: (token) => as(app, open).post(`/mfa/challenges/${encodeURIComponent(token)}/verify`, { code }),
      registration: (challengeId) => app.http.post('/v1/auth/email/verify').send({ challengeId, code }),
      passkey: (challengeId) => app.http.post('/v1/auth/passkey').send({ challengeId, credential: {} }),
      factor: (token) => as(app, proved).post(`/mfa/factors/${encodeURIComponent(token)}/activate`, { code }),
    };
    for (const [flow, present] of Object.entries(flows))
      for (const [kind, token] of Object.entries(tokens)) {
        if (flow === kind) continue;
        const { status } = await present(token);
        const refused = [400, 401, 404, 410].includes(status);
        expect([flow, kind, status, refused]).toEqual([flow, kind, status, true]);
      }
    for (const [kind, deviceToken] of Object.entries(tokens)) {
      if (kind === 'device' || kind === 'access') continue;
      const { body } = await app.http
        .post('/v1/auth/login')
        .send({ ...credentialsOf(ada), deviceToken })
        .expect(200);
      expect([kind, body.mfa.status]).toEqual([kind, 'required']);
    }
  });

  const resetTokenOf = ({ email }: Person) =>
    eventually(() => {
      const mail = app.outbox.messages(email).find(({ subject }) => subject.includes('Choose a new password'));
      return mail!.code!;
    });
});
