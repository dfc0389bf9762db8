import { NO_REQUEST } from '../../src/http/request-origin.js';
import type { SessionDto } from '../../src/auth/index.js';
import { Accounts, TrustedDevices } from '../../src/mfa/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  as,
  eventually,
  login,
  newPerson,
  type Person,
  principalOf,
  registerWithEmailFactor,
} from '../support/people.js';

describe.each(databases)('trusting a device on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database, env: { TRUSTED_DEVICE_TTL: '30d' } });
  });

  afterAll(() => app.close());

  /** Signs in with the e-mail factor, and asks to be remembered. */
  async function remember(person: Person, on = app): Promise<SessionDto> {
    on.clock.advance('11m');
    const session = await login(on, person);
    const { body } = await as(on, session)
      .post(`/mfa/challenges/${session.mfa.challenge!.id}/verify`, {
        code: on.lastCode(person.email),
        rememberDevice: true,
      })
      .set('User-Agent', 'Difference Engine 2')
      .expect(200);
    return body;
  }

  async function loginWith(deviceToken: string | undefined, { email, password }: Person, on = app) {
    const { body } = await on.http.post('/v1/auth/login').send({ email, password, deviceToken }).expect(200);
    return body as SessionDto;
  }

  const deviceOf = async (person: Person) => (await remember(person)).deviceToken!;

  it('skips the second step at login, and opens no challenge', async () => {
    const ada = await registerWithEmailFactor(app);
    const token = await deviceOf(ada);
    expect(token).toMatch(/^[\w-]{43}$/);
    const sent = app.outbox.messages(ada.email).length;
    const session = await loginWith(token, ada);
    expect(session.mfa).toEqual({ status: 'trusted_device' });
    expect(app.outbox.messages(ada.email)).toHaveLength(sent);
    const { body: refreshed } = await app.http
      .post('/v1/auth/refresh')
      .send({ refreshToken: session.refreshToken })
      .expect(200);
    expect(refreshed.mfa).toEqual({ status: 'trusted_device' });
  });

  it('raises nothing: the level stays, every route that asks for a factor still asks', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = as(app, await loginWith(await deviceOf(ada), ada));
    const { body: claims } = await session.get('/auth/session').expect(200);
    expect(claims).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    expect(claims).not.toHaveProperty('mfa');
    for (const route of ['mfa', 'mfa-fresh', 'aal2', 'phishing-resistant']) {
      await session.get(`/examples/${route}`).expect(401);
    }
    await session.post('/mfa/factors', { type: 'sms', phoneNumber: '+4915112345678' }).expect(401);
    await session.post('/mfa/recovery-codes').expect(401);
    await session.post('/mfa/challenges').expect(201);
  });

  it('takes the right password still', async () => {
    const ada = await registerWithEmailFactor(app);
    const deviceToken = await deviceOf(ada);
    await app.http.post('/v1/auth/login').send({ email: ada.email, password: 'another', deviceToken }).expect(401);
  });

  describe('against a stranger who guesses the password all the time', () => {
    const attempt = ({ email }: Person, password: string, deviceToken?: string) =>
      app.http.post('/v1/auth/login').send({ email, password, deviceToken });
    const guess = async (person: Person, times: number, deviceToken?: string) => {
      for (let time = 0; time < times; time++) await attempt(person, 'not the password', deviceToken).expect(401);
    };

    it('lets its owner in there, and nowhere else', async () => {
      const ada = await registerWithEmailFactor(app);
      const token = await deviceOf(ada);
      await guess(ada, 10);
      await attempt(ada, ada.password).expect(429);
      await attempt(ada, ada.password, 'x'.repeat(43)).expect(429);
      expect((await loginWith(token, ada)).mfa.status).toBe('trusted_device');
      // Nor does that give the stranger new guesses.
      await attempt(ada, ada.password).expect(429);
    });

    it('makes a guesser at the device wait, and there alone', async () => {
      const ada = await registerWithEmailFactor(app);
      const [token, other] = [await deviceOf(ada), await deviceOf(ada)];
      await guess(ada, 9, token);
      await attempt(ada, ada.password, token).expect(200);
      await guess(ada, 10, token);
      const { body } = await attempt(ada, ada.password, token).expect(429).expect('retry-after', '10');
      expect(body.code).toBe('too_many_attempts');
      await attempt(ada, ada.password, other).expect(200);
      await attempt(ada, ada.password).expect(200);
    });

    it('gives no further guesses at the account of somebody else', async () => {
      const [ada, eve] = [await registerWithEmailFactor(app), await registerWithEmailFactor(app, newPerson('eve'))];
      const evesDevice = await deviceOf(eve);
      await guess(ada, 10, evesDevice);
      await attempt(ada, 'not the password', evesDevice).expect(429);
      await attempt(newPerson(), 'not the password', evesDevice).expect(401);
    });

    it('is not let in by a device that is trusted no more', async () => {
      const ada = await registerWithEmailFactor(app);
      const session = await remember(ada);
      const { body: devices } = await as(app, session).get('/mfa/trusted-devices').expect(200);
      await as(app, session).delete(`/mfa/trusted-devices/${devices[0].id}`).expect(204);
      await guess(ada, 10);
      await attempt(ada, ada.password, session.deviceToken).expect(429);
    });
  });

  it('is done only when asked for', async () => {
    const ada = await registerWithEmailFactor(app);
    app.clock.advance('11m');
    const session = await login(app, ada);
    const answer = { code: app.lastCode(ada.email), rememberDevice: false };
    const { body } = await as(app, session)
      .post(`/mfa/challenges/${session.mfa.challenge!.id}/verify`, answer)
      .expect(200);
    expect(body).not.toHaveProperty('deviceToken');
  });

  it('is of no use to somebody else, nor is a token that was made up or changed', async () => {
    const [ada, eve] = [await registerWithEmailFactor(app), await registerWithEmailFactor(app, newPerson('eve'))];
    const token = await deviceOf(ada);
    app.clock.advance('11m');
    for (const other of [`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, token.toLowerCase(), 'x']) {
      expect((await loginWith(other, ada)).mfa.status).toBe('required');
    }
    expect((await loginWith(token, eve)).mfa.status).toBe('required');
    await app.http
      .post('/v1/auth/login')
      .send({ email: ada.email, password: ada.password, deviceToken: { $ne: null } })
      .expect(400);
  });

  it('ends after its time', async () => {
    const ada = await registerWithEmailFactor(app);
    const token = await deviceOf(ada);
    app.clock.advance('29d');
    expect((await loginWith(token, ada)).mfa.status).toBe('trusted_device');
    app.clock.advance('1d');
    expect((await loginWith(token, ada)).mfa.status).toBe('required');
  });

  it('is listed, without the token, and revoked by its owner alone', async () => {
    const [ada, eve] = [await registerWithEmailFactor(app), await registerWithEmailFactor(app, newPerson('eve'))];
    const token = await deviceOf(ada);
    const session = await loginWith(token, ada);
    const { body: devices } = await as(app, session).get('/mfa/trusted-devices').expect(200);
    expect(devices).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        device: 'Difference Engine 2',
        ip: expect.any(String),
        createdAt: app.clock.now().toISOString(),
        lastUsedAt: app.clock.now().toISOString(),
        expiresAt: app.clock.in(30 * 86_400_000).toISOString(),
      },
    ]);
    const his = as(app, await login(app, eve));
    await his.get('/mfa/trusted-devices').expect(200, []);
    await his.delete(`/mfa/trusted-devices/${devices[0].id}`).expect(404);
    await as(app, session).delete(`/mfa/trusted-devices/${devices[0].id}`).expect(204);
    await as(app, session).delete(`/mfa/trusted-devices/${devices[0].id}`).expect(404);
    app.clock.advance('11m');
    expect((await loginWith(token, ada)).mfa.status).toBe('required');
  });

  it('is an event of the account, and so is the end of it', async () => {
    const ada = await registerWithEmailFactor(app);
    await remember(ada);
    const session = await remember(ada);
    const { body: devices } = await as(app, session).get('/mfa/trusted-devices').expect(200);
    await as(app, session).delete(`/mfa/trusted-devices/${devices[0].id}`).expect(204);
    await as(app, session).delete(`/mfa/trusted-devices/${devices[0].id}`).expect(404);
    await as(app, session)
      .post('/auth/password/change', { currentPassword: ada.password, newPassword: 'slow gears turn brass' })
      .expect(204);
    const { body } = await as(app, session).get('/auth/events?limit=100').expect(200);
    const types = (body.events as { type: string }[]).map(({ type }) => type).reverse();
    expect(types.filter((type) => type.startsWith('trusted_device'))).toEqual([
      'trusted_device.remembered',
      'trusted_device.remembered',
      'trusted_device.revoked',
      'trusted_device.revoked',
    ]);
  });

  const devicesOf = (session: SessionDto) => app.nest.get(TrustedDevices).list(principalOf(app, session).userId);

  it('ends for all devices when the password changes', async () => {
    const ada = await registerWithEmailFactor(app);
    const first = await deviceOf(ada);
    const session = await remember(ada);
    expect(await devicesOf(session)).toHaveLength(2);
    const password = 'slow gears turn brass';
    await as(app, session)
      .post('/auth/password/change', { currentPassword: ada.password, newPassword: password })
      .expect(204);
    expect(await devicesOf(session)).toEqual([]);
    app.clock.advance('11m');
    expect((await loginWith(first, { ...ada, password })).mfa.status).toBe('required');
  });

  it('ends for all devices when the password is reset', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await remember(ada);
    app.clock.advance('1m');
    await app.http.post('/v1/auth/password/forgot').send({ email: ada.email }).expect(202);
    const token = await eventually(() => {
      const mail = app.outbox.messages(ada.email).find(({ subject }) => subject.endsWith('Choose a new password'));
      return mail!.code!;
    });
    await app.http.post('/v1/auth/password/reset').send({ token, newPassword: 'slow gears turn brass' }).expect(204);
    expect(await devicesOf(session)).toEqual([]);
  });

  it('ends with the last factor, and when an administrator resets them', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await remember(ada);
    await as(app, session).delete(`/mfa/factors/${ada.factorId}`).expect(204);
    expect(await devicesOf(session)).toEqual([]);
    expect((await loginWith(session.deviceToken, ada)).mfa.status).toBe('not_enrolled');

    const bob = await registerWithEmailFactor(app, newPerson('bob'));
    const his = await remember(bob);
    await app.nest.get(Accounts).resetMfa(principalOf(app, his).userId, NO_REQUEST);
    expect(await devicesOf(his)).toEqual([]);
  });

  it('opens the routes that only the configuration closes, until the device is revoked', async () => {
    const strict = await startApp({ database, env: { TRUSTED_DEVICE_TTL: '30d', MFA_ENFORCEMENT: 'enrolled' } });
    try {
      const ada = await registerWithEmailFactor(strict);
      const { deviceToken } = await remember(ada, strict);
      await as(strict, await login(strict, ada))
        .get('/examples/signed-in')
        .expect(401);
      const session = as(strict, await loginWith(deviceToken, ada, strict));
      await session.get('/examples/signed-in').expect(200);
      await session.get('/examples/mfa').expect(401);
      const { body: devices } = await session.get('/mfa/trusted-devices').expect(200);
      await session.delete(`/mfa/trusted-devices/${devices[0].id}`).expect(204);
      await session.get('/examples/signed-in').expect(401);
    } finally {
      await strict.close();
    }
  });

  it('does not happen unless it is configured', async () => {
    const plain = await startApp({ database });
    try {
      const ada = await registerWithEmailFactor(plain);
      expect(await remember(ada, plain)).not.toHaveProperty('deviceToken');
      plain.clock.advance('11m');
      expect((await loginWith('x'.repeat(43), ada, plain)).mfa.status).toBe('required');
    } finally {
      await plain.close();
    }
  });
});

describe('the lifetime of trusted devices', () => {
  it.each(['31d', '0s', 'forever'])('is not %s', async (ttl) => {
    await expect(startApp({ env: { TRUSTED_DEVICE_TTL: ttl } })).rejects.toThrow(
      /^TRUSTED_DEVICE_TTL: takes a duration/,
    );
  });
});
