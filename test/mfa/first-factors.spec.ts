import type { Caller } from '../../src/auth/index.js';
import { randomId } from '../../src/kernel/secrets.js';
import { Enrollment } from '../../src/mfa/enrollment/enrollment.service.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { RecoveryCodes } from '../../src/mfa/recovery-codes/recovery-codes.service.js';
import { UserStore } from '../../src/users/user-store.js';
import type { TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { Instances } from '../support/instances.js';
import { newPerson } from '../support/people.js';
import { newPhoneNumber, openSession, outcome, pendingFactor } from '../support/second-factors.js';

describe.each(databases)('first factors activated in the same moment on $name', (kind) => {
  let instances: Instances;
  let app: TestApp;

  beforeAll(async () => {
    instances = await Instances.start(kind);
    [app] = instances.apps;
  });

  afterAll(() => instances.close());

  /** Pending factors, each with the code that makes it active. */
  async function pending(caller: Caller, number: number) {
    const enrolled = [];
    for (let n = 0; n < number; n++) {
      const phoneNumber = newPhoneNumber();
      const { factor } = await app.nest.get(Enrollment).enroll(caller, { type: 'sms', phoneNumber });
      enrolled.push({ id: factor.id, code: app.lastCode(phoneNumber) });
    }
    return enrolled;
  }

  it.each([2, 4])('leave one, which is preferred, of %d; the others take a second factor now', async (number) => {
    const { email } = newPerson();
    const user = await app.nest.get(UserStore).create({ email, displayName: null, passwordHash: '-' });
    const caller = await openSession(app, user!.id);
    const factors = await pending(caller, number);

    const outcomes = await Promise.all(
      factors.map(({ id, code }, index) =>
        outcome(instances.at(index).nest.get(Enrollment).activate(caller, id, { code })),
      ),
    );

    expect(outcomes.sort()).toEqual([
      'accepted',
      ...Array<string>(number - 1).fill('insufficient_user_authentication'),
    ]);
    const rows = await app.nest.get(FactorRepository).findAll(caller.userId);
    const sms = rows.filter(({ type }) => type === 'sms').map(({ status, preferred }) => `${status} ${preferred}`);
    expect(sms.sort()).toEqual(['active true', ...Array<string>(number - 1).fill('pending false')]);
    expect(await app.nest.get(RecoveryCodes).remaining(caller.userId)).toBe(10);
  });

  it('are told which one it is, none that the database is busy', async () => {
    const rows = app.nest.get(FactorRepository);
    for (let round = 0; round < 20; round++) {
      const userId = randomId();
      const factors = Array.from({ length: 8 }, (_, slot) => pendingFactor({ userId, slot }));
      for (const factor of factors) await rows.insertInSlot(factor);
      const changes = { sealed: null, uniqueKey: null, preferred: true, lastUsedAt: null };
      const whileNone = rows.whileNoneBut(userId, ['recovery_code']);
      const outcomes = await Promise.all(factors.map((factor) => rows.activate(factor, changes, whileNone)));
      expect(outcomes.sort()).toEqual([...Array<string>(7).fill('lost'), 'won']);
    }
  });
});
