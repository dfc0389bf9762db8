import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Challenges } from '../../src/challenges/challenges.service.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { RemovedFactors } from '../../src/mfa/enrollment/removed-factors.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import type { TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { Instances } from '../support/instances.js';
import {
  challenge,
  challengeRow,
  newUserWithFactors,
  openSession,
  outcome,
  wrongCode,
} from '../support/second-factors.js';

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const count = (all: readonly string[], which: string): number => all.filter((one) => one === which).length;

describe.each(databases)('answers in the same moment on $name', (kind) => {
  let instances: Instances;
  let app: TestApp;

  beforeAll(async () => {
    instances = await Instances.start(kind);
    [app] = instances.apps;
  });

  afterAll(() => instances.close());

  const anInstance = (index: number): SecondFactor => instances.at(index).nest.get(SecondFactor);

  it('accepts one of 20 right answers', async () => {
    const ada = await newUserWithFactors(app);
    const { id } = await challenge(app, ada);
    const code = app.lastCode(ada.email);

    const answers = await Promise.all(times(20, (i) => outcome(anInstance(i).verify(ada.principal, id, { code }))));

    expect(count(answers, 'accepted')).toBe(1);
    expect(count(answers, 'challenge_expired')).toBe(19);
    expect(await outcome(anInstance(0).verify(ada.principal, id, { code }))).toBe('challenge_expired');
  });

  it.each([
    { how: 'removed', remove: (id: string, userId: string) => app.nest.get(RemovedFactors).begin(id, userId) },
    { how: 'deleted', remove: (id: string, userId: string) => app.nest.get(FactorRepository).remove(id, userId) },
  ])('is worth nothing when the factor is $how between the proof and the new token', async ({ remove }) => {
    const ada = await newUserWithFactors(app);
    const { id } = await challenge(app, ada);
    const challenges = app.nest.get(Challenges);
    const consume = challenges.consume.bind(challenges);
    const meanwhile = jest.spyOn(challenges, 'consume').mockImplementationOnce(async (row) => {
      await consume(row);
      await remove(ada.factorIds.email, ada.userId);
    });

    const answer = anInstance(0).verify(ada.principal, id, { code: app.lastCode(ada.email) });

    expect(await outcome(answer)).toBe('challenge_expired');
    expect(meanwhile).toHaveBeenCalledTimes(1);
    meanwhile.mockRestore();
    const [session] = await app.nest.get(Sessions).list(ada.userId);
    expect(session).toMatchObject({ acr: 'aal1', mfaAt: null, epoch: ada.principal.epoch });
  });

  it('takes exactly 5 of 30 wrong answers', async () => {
    const ada = await newUserWithFactors(app);
    const { id } = await challenge(app, ada);
    const code = wrongCode(app.lastCode(ada.email));

    const answers = await Promise.all(times(30, (i) => outcome(anInstance(i).verify(ada.principal, id, { code }))));

    expect(count(answers, 'invalid_code')).toBe(5);
    // The others found the challenge closed, or the factor blocked by those five.
    expect(count(answers, 'challenge_expired') + count(answers, 'too_many_attempts')).toBe(25);
    expect((await challengeRow(app, id)).attempts).toBe(5);
  });

  it('takes 5 of 30 by the challenge itself, where no factor counts along', async () => {
    const engine = (index: number) => instances.at(index).nest.get(Challenges);
    const asked = await engine(0).issue({ purpose: 'email_verification' }, { kept: null }, NO_REQUEST);
    const outcomes = await Promise.all(times(30, (i) => outcome(engine(i).refuse(asked))));
    expect(count(outcomes, 'invalid_code')).toBe(5);
    expect(count(outcomes, 'challenge_expired')).toBe(25);
  });

  it('never takes a sixth answer, though the right one comes with 29 wrong ones', async () => {
    const ada = await newUserWithFactors(app);
    const { id } = await challenge(app, ada);
    const right = app.lastCode(ada.email);
    const wrong = wrongCode(right);

    const answers = await Promise.all(
      times(30, (i) => outcome(anInstance(i).verify(ada.principal, id, { code: i === 29 ? right : wrong }))),
    );

    const { attempts, consumedAt } = await challengeRow(app, id);
    expect(count(answers, 'invalid_code')).toBe(attempts);
    expect(count(answers, 'accepted')).toBe(consumedAt ? 1 : 0);
    expect(attempts + (consumedAt ? 1 : 0)).toBeLessThanOrEqual(5);
  });

  // On one connection the order of the statements is that of the answers.
  if (kind.name === 'SQLite') {
    it('takes the right one in its turn: after five wrong ones of the same moment there is none', async () => {
      const ada = await newUserWithFactors(app);
      const { id } = await challenge(app, ada);
      const right = app.lastCode(ada.email);
      const answersWith = (place: number) =>
        times(30, (i) =>
          outcome(anInstance(0).verify(ada.principal, id, { code: i === place ? right : wrongCode(right) })),
        );

      expect(count(await Promise.all(answersWith(29)), 'accepted')).toBe(0);
      expect((await challengeRow(app, id)).consumedAt).toBeNull();
    });
  }

  it('sends one new code, however often it is asked for in one moment', async () => {
    const ada = await newUserWithFactors(app);
    const { id } = await challenge(app, ada);
    app.clock.advance('1m');

    const answers = await Promise.all(times(3, (i) => outcome(anInstance(i).send(ada.principal, id))));

    expect(answers.sort()).toEqual(['accepted', 'challenge_expired', 'challenge_expired']);
    const mails = instances.apps.flatMap(({ outbox }) => outbox.messages(ada.email));
    expect(mails.filter(({ text }) => text.includes('your code to sign in'))).toHaveLength(2);
  });

  it('spends one message of the destination on it, whoever else lost', async () => {
    const ada = await newUserWithFactors(app);
    app.clock.advance('61m');
    const { id } = await challenge(app, ada);
    app.clock.advance('1m');
    await Promise.all(times(3, (i) => outcome(anInstance(i).send(ada.principal, id))));

    // Two of five are gone: three more, and not one.
    const sessions = await Promise.all(times(4, () => openSession(app, ada.userId)));
    const sent = [];
    for (const principal of sessions) sent.push((await challenge(app, { principal })).delivery);
    expect(sent).toEqual(['sent', 'sent', 'sent', 'failed']);
  });

  it('opens two sessions with two challenges, each its own', async () => {
    const ada = await newUserWithFactors(app);
    const [one, two] = [ada.principal, await openSession(app, ada.userId)];
    const first = await challenge(app, { principal: one });
    const firstCode = app.lastCode(ada.email);
    const second = await challenge(app, { principal: two });
    const secondCode = app.lastCode(ada.email);

    const answers = await Promise.all([
      outcome(anInstance(0).verify(one, first.id, { code: firstCode })),
      outcome(anInstance(1).verify(two, second.id, { code: secondCode })),
    ]);

    expect(answers).toEqual(['accepted', 'accepted']);
  });
});
