import type { SessionDto } from '../../src/auth/index.js';
import { CountryTraffic } from '../../src/limits/country-traffic.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { answer, as, enroll, login, type Person, register, registerWithEmailFactor } from '../support/people.js';
import { statementsDuring } from '../support/statements.js';

/**
 * What a database has to do for each request: for a million users as for ten. Events are left out: they are written
 * behind the answers, those of many requests in one statement.
 */
describe.each(databases)('statements on $name', (database) => {
  let app: TestApp;
  let plain: Person;
  let enrolled: Person;

  beforeAll(async () => {
    // As in production.
    app = await startApp({ database, env: { SOURCE_LIMITS: 'true' } });
    plain = await register(app);
    enrolled = await registerWithEmailFactor(app);
  });

  afterAll(() => app.close());

  const count = async (work: () => Promise<unknown>) =>
    (await statementsDuring(app, work)).filter((sql) => !/^INSERT INTO \W?stepgate_audit_event/.test(sql));
  /** Tells which, when they are too many. */
  const atMost = async (limit: number, work: () => Promise<unknown>) => {
    const statements = await count(work);
    expect(statements.slice(0, statements.length > limit ? undefined : 0)).toEqual([]);
    expect(statements).not.toEqual([]);
  };
  const refresh = async ({ refreshToken }: SessionDto): Promise<SessionDto> =>
    (await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200)).body;

  it('a guarded request: none', async () => {
    const session = await answer(app, await login(app, enrolled), enrolled.email);
    expect(await count(() => as(app, session).get('/examples/mfa').expect(200))).toEqual([]);
  });

  it('a login without a factor: at most 4', () => atMost(4, () => login(app, plain)));

  it('a login that sends a code: three more, for the challenge and the budgets of its source and its destination', () =>
    atMost(7, () => login(app, enrolled)));

  it('the answer to a challenge: at most 5', async () => {
    const session = await login(app, enrolled);
    await atMost(5, () => answer(app, session, enrolled.email));
  });

  it('the answer with a code from a text message: at most 5', async () => {
    const person = await register(app);
    const phoneNumber = '+4915112345678';
    await enroll(app, await login(app, person), { type: 'sms', phoneNumber }, phoneNumber);
    const session = await login(app, person);
    // That this code came back is counted later, for many at once; so is that the first one did, but not in here.
    await app.nest.get(CountryTraffic).flush();
    await atMost(5, () => answer(app, session, phoneNumber));
  });

  it('a refresh, with the MFA claim and without: at most 3', async () => {
    for (const person of [plain, enrolled]) {
      const session = await login(app, person);
      await atMost(3, () => refresh(session));
    }
    // So many codes to one address would be refused.
    app.clock.advance('10m');
    const proved = await answer(app, await login(app, enrolled), enrolled.email);
    await atMost(3, () => refresh(proved));
  });
});
