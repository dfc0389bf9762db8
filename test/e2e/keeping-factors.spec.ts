import type { SessionDto } from '../../src/auth/index.js';
import { Enrollment } from '../../src/mfa/enrollment/enrollment.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  answer,
  bearer,
  enroll,
  login,
  principalOf,
  register,
  registerWithEmailFactor,
  signInWithMfa,
} from '../support/people.js';
import { newPhoneNumber } from '../support/second-factors.js';

describe.each(databases)('keeping second factors on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  const as = ({ accessToken }: Pick<SessionDto, 'accessToken'>) => ({
    enroll: (body: object) => app.http.post('/v1/mfa/factors').auth(accessToken, bearer).send(body),
    change: (id: string, body: object) => app.http.patch(`/v1/mfa/factors/${id}`).auth(accessToken, bearer).send(body),
    remove: (id: string) => app.http.delete(`/v1/mfa/factors/${id}`).auth(accessToken, bearer),
    list: () => app.http.get('/v1/mfa/factors').auth(accessToken, bearer),
    activate: (id: string, code: string) =>
      app.http.post(`/v1/mfa/factors/${id}/activate`).auth(accessToken, bearer).send({ code }),
  });

  it('keeps a number as E.164, shows it masked, and sends the code there', async () => {
    const session = await login(app, await register(app));
    const number = newPhoneNumber();
    const written = `${number.slice(0, 3)} (0) ${number.slice(3, 6)} / ${number.slice(6)}`.replace('(0) ', '');
    const { body } = await as(session).enroll({ type: 'sms', phoneNumber: written }).expect(201);
    expect(body.factor).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      type: 'sms',
      status: 'pending',
      label: `•••• ••${number.slice(-2)}`,
      destination: `•••• ••${number.slice(-2)}`,
      preferred: false,
      createdAt: app.clock.now().toISOString(),
    });
    expect(JSON.stringify(body)).not.toContain(number.slice(4, -2));
    const { body: activated } = await as(session).activate(body.factor.id, app.lastCode(number)).expect(200);
    expect(activated.factor).toMatchObject({ status: 'active', preferred: true });
  });

  it.each(['15112345678', '+49', '+491', '+4930123456789012345', 'tel', '+49900123456', '+18005550199'])(
    'takes no code to the number %s',
    async (phoneNumber) => {
      const session = await login(app, await register(app));
      const { body } = await as(session).enroll({ type: 'sms', phoneNumber }).expect(400);
      expect(body).toMatchObject({ errors: [{ pointer: '/phoneNumber' }] });
      expect((await as(session).list()).body).toEqual([]);
    },
  );

  it('lists, labels, prefers and removes them', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await signInWithMfa(app, ada);
    const number = newPhoneNumber();
    // Listed in the order in which they were enrolled.
    app.clock.advance('1s');
    const smsId = await enroll(app, session, { type: 'sms', phoneNumber: number, label: 'Old phone' }, number);

    await as(session).change(smsId, { label: 'Phone 📱', preferred: true }).expect(200);
    const { body } = await as(session).list().expect(200);
    expect(body).toMatchObject([
      { id: ada.factorId, type: 'email', preferred: false },
      { id: smsId, type: 'sms', label: 'Phone 📱', preferred: true },
    ]);
    expect((await login(app, ada)).mfa.challenge!.factor.type).toBe('sms');
    await as(session).change(smsId, { preferred: false }).expect(400);

    await as(session).remove(smsId).expect(204);
    await as(session).remove(smsId).expect(404);
    expect((await as(session).list()).body).toMatchObject([{ id: ada.factorId, preferred: true }]);
  });

  it('is for who proved a second factor lately: a login that is pending, or old, enrols, changes and removes nothing', async () => {
    const ada = await registerWithEmailFactor(app);
    const pending = await login(app, ada);
    const old = await answer(app, pending, ada.email);
    app.clock.advance('5m');
    app.clock.advance('1s');
    const fresh = await login(app, ada);
    for (const session of [fresh, old]) {
      const attempts = [
        as(session).enroll({ type: 'sms', phoneNumber: newPhoneNumber() }),
        as(session).change(ada.factorId, { label: 'Mine' }),
        as(session).remove(ada.factorId),
      ];
      for (const { status, body, headers } of await Promise.all(attempts)) {
        expect([status, body.code, body.maxAge]).toEqual([401, 'insufficient_user_authentication', 300]);
        expect(headers['www-authenticate']).toMatch(/max_age="300"/);
      }
    }
    expect((await as(fresh).list()).body).toMatchObject([
      { id: ada.factorId, label: expect.not.stringContaining('Mine') as string },
    ]);
  });

  it('starts with a login at most 5 minutes old', async () => {
    const session = await login(app, await register(app));
    app.clock.advance('4m');
    await as(session).enroll({ type: 'email' }).expect(201);
    app.clock.advance('61s');
    const { body } = await as(session).enroll({ type: 'email' }).expect(401);
    expect(body).toMatchObject({ code: 'insufficient_user_authentication', maxAge: 300, enrolled: false });
  });

  it('leaves the factor of one session’s enrolment to that session', async () => {
    const ada = await register(app);
    const [one, two] = [await login(app, ada), await login(app, ada)];
    const { body } = await as(one).enroll({ type: 'email' }).expect(201);
    await as(two).activate(body.factor.id, app.lastCode(ada.email)).expect(404);
    await as(one).activate(body.factor.id, app.lastCode(ada.email)).expect(200);
    // A factor that was begun before the first one was active needs it now.
    await as(two).enroll({ type: 'email' }).expect(401);
  });

  it('takes 5 wrong codes, then the enrolment is over', async () => {
    const ada = await register(app);
    const session = await login(app, ada);
    const { body } = await as(session).enroll({ type: 'email' }).expect(201);
    const right = app.lastCode(ada.email);
    for (let i = 0; i < 5; i++) await as(session).activate(body.factor.id, 'wrong').expect(422);
    await as(session).activate(body.factor.id, right).expect(410);
    expect((await as(session).list()).body).toMatchObject([{ status: 'pending' }]);
  });

  it('stops at 20', async () => {
    const session = await login(app, await register(app));
    // Of those that send nothing: messages are fewer in so short a time.
    for (let i = 0; i < 20; i++) await as(session).enroll({ type: 'totp' }).expect(201);
    const { body } = await as(session).enroll({ type: 'sms', phoneNumber: newPhoneNumber() }).expect(409);
    expect(body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('20') as string });
  });

  it('stops at 20 of those that are asked for at the same moment, too; one that is removed makes room for one', async () => {
    const session = await login(app, await register(app));
    const principal = principalOf(app, session);
    const enrollments = await Promise.allSettled(
      Array.from({ length: 30 }, () => app.nest.get(Enrollment).enroll(principal, { type: 'webauthn' })),
    );
    const refused = enrollments.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused.map(({ definition }) => definition?.code)).toEqual(Array(10).fill('conflict'));
    const { body } = await as(session).list().expect(200);
    expect(body).toHaveLength(20);

    await as(session).remove(body[7].id).expect(204);
    await as(session).enroll({ type: 'webauthn' }).expect(201);
    await as(session).enroll({ type: 'webauthn' }).expect(409);
  });
});
