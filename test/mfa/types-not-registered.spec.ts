import { startApp, type TestApp } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { createPersistent } from '../support/persistent-database.js';
import { kinds } from '../support/factor-kinds.js';
import { as, login, type Person, register } from '../support/people.js';

const pin = kinds.find(({ type }) => type === 'pin')!;

describe.each(databases)('a factor whose type is not registered any more, on $name', (kind) => {
  let database: TestDatabase;
  let app: TestApp;
  let ada: Person;
  let factorId: string;
  let recoveryCodes: string[];

  /** Ada enrols a factor of a type that the next deployment does without. */
  beforeAll(async () => {
    database = await createPersistent(kind);
    const before = await startApp({ shared: database, own: { imports: [pin.module!] } });
    ada = await register(before);
    const session = as(before, await login(before, ada));
    const { body } = await session.post('/mfa/factors', { type: 'pin', pin: '493817' }).expect(201);
    factorId = body.factor.id;
    const activated = await session.post(`/mfa/factors/${factorId}/activate`, { code: '493817' }).expect(200);
    recoveryCodes = activated.body.recoveryCodes;
    await before.close();
    app = await startApp({ shared: database, clock: before.clock, env: { MFA_ENFORCEMENT: 'enrolled' } });
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('counts: the password alone opens nothing, and enrols no factor in its place', async () => {
    const pending = await login(app, ada);
    expect(pending.mfa.status).toBe('required');
    const session = as(app, pending);
    await session.get('/examples/signed-in').expect(401);
    await session.post('/mfa/factors', { type: 'email' }).expect(401);
    await session.delete(`/mfa/factors/${factorId}`).expect(401);
  });

  it('is not offered, and lost to its owner: a recovery code stands in for it', async () => {
    const pending = await login(app, ada);
    const { id, factor, factors } = pending.mfa.challenge!;
    expect([factor.type, ...factors.map(({ type }) => type)]).toEqual(['recovery_code', 'recovery_code']);
    const answer = { code: recoveryCodes[0] };
    const { body } = await as(app, pending).post(`/mfa/challenges/${id}/verify`, answer).expect(200);
    await as(app, body).get('/examples/signed-in').expect(200);
    await as(app, body).post('/mfa/factors', { type: 'email' }).expect(201);
  });

  it('leaves nothing to answer where the recovery codes are used up', async () => {
    for (const code of recoveryCodes.slice(1)) {
      const pending = await login(app, ada);
      const { id } = pending.mfa.challenge!;
      await as(app, pending).post(`/mfa/challenges/${id}/verify`, { code }).expect(200);
    }
    expect((await login(app, ada)).mfa).toEqual({ status: 'required' });
  });
});
