import { DataSource } from 'typeorm';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Audit } from '../../src/audit/audit.service.js';
import { AuditEventRow } from '../../src/audit/audit-event.entity.js';
import { AuditPurge } from '../../src/audit/audit-purge.js';
import { Challenge } from '../../src/challenges/challenge.entity.js';
import { ChallengePurge } from '../../src/challenges/challenge-purge.js';
import { BudgetPurge } from '../../src/limits/budget-purge.js';
import { CountryTrafficRow } from '../../src/limits/country-traffic.entity.js';
import { GuessBudgetRow } from '../../src/limits/guess-budget.entity.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
import { SendBudgetRow } from '../../src/limits/send-budget.entity.js';
import { Factor } from '../../src/mfa/enrollment/factor.entity.js';
import { FactorPurge } from '../../src/mfa/enrollment/factor-purge.js';
import { TrustedDevice } from '../../src/mfa/trusted-devices/trusted-device.entity.js';
import { TrustedDevicePurge } from '../../src/mfa/trusted-devices/trusted-device-purge.js';
import { TrustedDevices } from '../../src/mfa/index.js';
import { SessionRow } from '../../src/sessions/session.entity.js';
import { SessionPurge } from '../../src/sessions/session-purge.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { answer, bearer, login, principalOf, register, registerWithEmailFactor } from '../support/people.js';

describe.each(databases)('the purge on $name', (database) => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp({
      database,
      env: { AUDIT_RETENTION: '30d', TRUSTED_DEVICE_TTL: '10d', SOURCE_LIMITS: 'true' },
    });
  });

  afterEach(() => app.close());

  const count = (entity: new () => object) => app.nest.get(DataSource).getRepository(entity).count();
  const abandoned = async () => {
    await app.nest.get(Audit).flush();
    return app.nest.get(DataSource).getRepository(AuditEventRow).findBy({ type: 'challenge.abandoned' });
  };

  it('deletes events that are older than the retention, in batches, and no other', async () => {
    const audit = app.nest.get(Audit);
    for (let n = 0; n < 1_100; n++) audit.record({ type: 'login.failed' }, NO_REQUEST);
    await audit.flush();
    app.clock.advance('30d');
    audit.record({ type: 'login.failed' }, NO_REQUEST);
    await audit.flush();
    await app.nest.get(AuditPurge).purge();
    expect(await count(AuditEventRow)).toBe(1_101);
    app.clock.advance('1s');
    await app.nest.get(AuditPurge).purge();
    expect(await count(AuditEventRow)).toBe(1);
  });

  it('deletes dead challenges, and records those that nobody answered, once on any number of instances', async () => {
    const ada = await registerWithEmailFactor(app);
    await answer(app, await login(app, ada), ada.email);
    const left = await login(app, ada);
    app.clock.advance('64m');
    await app.nest.get(ChallengePurge).purge();
    expect(await count(Challenge)).toBe(4);
    expect(await abandoned()).toEqual([]);

    app.clock.advance('2m');
    await login(app, ada);
    await Promise.all([1, 2, 3].map(() => app.nest.get(ChallengePurge).purge()));
    expect(await count(Challenge)).toBe(1);
    expect(await abandoned()).toMatchObject([
      {
        outcome: 'failure',
        factorId: left.mfa.challenge!.factor.id,
        detail: expect.stringContaining('"purpose":"mfa"'),
      },
    ]);
  });

  it('deletes sessions a day after they ended or expired', async () => {
    const ada = await register(app);
    const { accessToken } = await login(app, ada);
    await app.http.post('/v1/auth/logout').auth(accessToken, bearer).expect(204);
    await login(app, ada);
    app.clock.advance('24h');
    await login(app, ada);
    await app.nest.get(SessionPurge).purge();
    expect(await count(SessionRow)).toBe(3);
    app.clock.advance('1s');
    await app.nest.get(SessionPurge).purge();
    expect(await count(SessionRow)).toBe(2);
    app.clock.advance('24h');
    await app.nest.get(SessionPurge).purge();
    expect(await count(SessionRow)).toBe(1);
  });

  it('deletes what was counted of guesses, of source addresses and of countries two days ago', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await answer(app, await login(app, ada), ada.email);
    const sms = { type: 'sms', phoneNumber: '+4915112345678' };
    await app.http.post('/v1/mfa/factors').auth(session.accessToken, bearer).send(sms).expect(201);
    await app.http.post('/v1/auth/login').send({ email: ada.email, password: 'not the password' }).expect(401);
    const counts = async () => [
      await count(GuessBudgetRow),
      await count(SourceBudgetRow),
      await count(CountryTrafficRow),
    ];
    // The account's and the source's.
    expect(await counts()).toEqual([2, 1, 1]);
    app.clock.advance('48h');
    await app.nest.get(BudgetPurge).purge();
    expect(await counts()).toEqual([2, 1, 1]);
    app.clock.advance('61m');
    await app.nest.get(BudgetPurge).purge();
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it('deletes trusted devices when their time is over, and no sooner', async () => {
    const principal = principalOf(app, await login(app, await register(app)));
    await app.nest.get(TrustedDevices).remember(principal);
    app.clock.advance('5d');
    await app.nest.get(TrustedDevices).remember(principal);
    await app.nest.get(TrustedDevicePurge).purge();
    expect(await count(TrustedDevice)).toBe(2);
    app.clock.advance('5d');
    await app.nest.get(TrustedDevicePurge).purge();
    expect(await count(TrustedDevice)).toBe(1);
  });

  it('deletes spent budgets, and factors that were never proved, but no proved one', async () => {
    const ada = await registerWithEmailFactor(app);
    const session = await answer(app, await login(app, ada), ada.email);
    const sms = { type: 'sms', phoneNumber: '+4915112345678' };
    await app.http.post('/v1/mfa/factors').auth(session.accessToken, bearer).send(sms).expect(201);
    // The recovery codes are one too; her address has a budget for each of three purposes, her number one, and so has she.
    expect([await count(Factor), await count(SendBudgetRow)]).toEqual([3, 5]);
    app.clock.advance('24h');
    await app.nest.get(FactorPurge).purge();
    await app.nest.get(BudgetPurge).purge();
    expect([await count(Factor), await count(SendBudgetRow)]).toEqual([3, 5]);
    app.clock.advance('26h');
    await app.nest.get(FactorPurge).purge();
    await app.nest.get(BudgetPurge).purge();
    expect([await count(Factor), await count(SendBudgetRow)]).toEqual([2, 0]);
    expect((await login(app, ada)).mfa.status).toBe('required');
  });
});
