import { DataSource } from 'typeorm';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { PasswordGuesses } from '../../src/auth/local/password-guesses.js';
import { Sending } from '../../src/challenges/sending.js';
import { SourceBudget } from '../../src/limits/source-budget.js';
import { SourceBudgetRow } from '../../src/limits/source-budget.entity.js';
import { FactorGuesses } from '../../src/mfa/challenge/factor-guesses.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { ManualClock } from '../support/manual-clock.js';
import { createPersistent } from '../support/persistent-database.js';
import { challenge, challengeRow, newUserWithFactors, outcome, wrongCode } from '../support/second-factors.js';

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const count = (all: readonly string[], which: string): number => all.filter((one) => one === which).length;

describe.each(databases)('two instances on one $name, of which one is started anew,', (kind) => {
  let database: TestDatabase;
  let instances: TestApp[];
  const clock = new ManualClock();
  const start = () => startApp({ shared: database, clock });

  beforeAll(async () => {
    database = await createPersistent(kind);
    instances = [await start(), await start()];
  });

  afterAll(async () => {
    for (const instance of instances) await instance.close();
    await database.drop();
  });

  const anInstance = (index: number): TestApp => instances[index % 2];
  /** The first goes, and one that knows nothing takes its place. */
  async function restart(): Promise<void> {
    await instances[0].close();
    instances[0] = await start();
  }

  it('take five answers to a challenge between them', async () => {
    const ada = await newUserWithFactors(instances[1]);
    const { id } = await challenge(instances[1], ada);
    const right = instances[1].lastCode(ada.email);
    const answer = (index: number, code = wrongCode(right)) =>
      outcome(anInstance(index).nest.get(SecondFactor).verify(ada.principal, id, { code }));

    expect([await answer(0), await answer(1), await answer(0)]).toEqual(times(3, () => 'invalid_code'));
    await restart();
    const answers = await Promise.all(times(200, (i) => answer(i)));

    expect(count(answers, 'invalid_code')).toBe(2);
    expect((await challengeRow(instances[1], id)).attempts).toBe(5);
    clock.advance('30s');
    expect([await answer(0, right), await answer(1, right)]).toEqual(times(2, () => 'challenge_expired'));
  });

  it('count wrong answers to a factor together: 200 at the same moment are five, then it waits', async () => {
    const ada = await newUserWithFactors(instances[1]);
    const rows = instances[1].nest.get(FactorRepository);
    const factor = (await rows.findOne(ada.factorIds.email, ada.userId))!;
    const wrong = (index: number) => outcome(anInstance(index).nest.get(FactorGuesses).count(factor, NO_REQUEST));

    expect([await wrong(0), await wrong(1)]).toEqual(['accepted', 'accepted']);
    await restart();
    const answers = await Promise.all(times(200, wrong));

    expect([count(answers, 'accepted'), count(answers, 'too_many_attempts')]).toEqual([3, 197]);
    expect((await rows.findOne(factor.id, ada.userId))!.failures).toBe(5);
    await restart();
    expect(await wrong(0)).toBe('too_many_attempts');
    clock.advance('30s');
    expect([await wrong(0), await wrong(1)]).toEqual(['accepted', 'too_many_attempts']);
  });

  it('count wrong passwords of an account together: 200 at the same moment are ten, then it waits', async () => {
    const account = 'ada@example.com';
    const guess = (index: number, right = false) =>
      outcome(anInstance(index).nest.get(PasswordGuesses).settle(account, right, NO_REQUEST));

    expect([await guess(0), await guess(1), await guess(0)]).toEqual(times(3, () => 'accepted'));
    await restart();
    const answers = await Promise.all(times(200, (i) => guess(i)));

    expect([count(answers, 'accepted'), count(answers, 'too_many_attempts')]).toEqual([7, 193]);
    await restart();
    expect([await guess(0, true), await guess(1, true)]).toEqual(times(2, () => 'too_many_attempts'));
    clock.advance('10s');
    expect(await guess(0, true)).toBe('accepted');
  });

  it('send five messages to a destination between them', async () => {
    const take = (index: number) =>
      anInstance(index).nest.get(Sending).take('mfa', { channel: 'email', to: 'ada@example.com' }, NO_REQUEST);

    expect([await take(0), await take(1)]).toEqual([null, null]);
    await restart();
    const refillsAt = (await Promise.all(times(40, take))).filter((each) => each !== null);

    expect(refillsAt).toHaveLength(37);
    expect(new Set(refillsAt.map(Number))).toEqual(new Set([clock.in(600_000).getTime()]));
    clock.advance('10m');
    expect(await take(0)).toBeNull();
  });

  it('count messages asked for from one address together', async () => {
    const take = (index: number) =>
      anInstance(index)
        .nest.get(SourceBudget)
        .take(`2001:db8:0:1::${index + 1}`);
    await Promise.all(times(100, take));
    await restart();
    await Promise.all(times(100, take));
    const [row] = await instances[1].nest.get(DataSource).getRepository(SourceBudgetRow).find();
    expect(row.used).toBe(200);
    await instances[1].nest.get(DataSource).getRepository(SourceBudgetRow).update({ used: 200 }, { used: 1_000 });
    expect([await take(0), await take(1)]).toEqual(times(2, () => clock.in(3_600_000)));
    expect(await anInstance(0).nest.get(SourceBudget).take('2001:db8:0:2::1')).toBeNull();
  });

  it('count text messages to a country together', async () => {
    const take = (index: number) =>
      anInstance(index)
        .nest.get(Sending)
        .take('mfa', { channel: 'sms', to: `+4366412345${String(index).padStart(2, '0')}` }, NO_REQUEST);
    await Promise.all(times(20, take));
    await restart();
    const refused = (await Promise.all(times(40, (i) => take(i + 20)))).filter((each) => each !== null);
    expect(refused).toHaveLength(10);
  });
});
