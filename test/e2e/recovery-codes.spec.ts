import { RecoveryCodes } from '../../src/mfa/recovery-codes/recovery-codes.service.js';
import { FactorRepository } from '../../src/mfa/enrollment/factor.repository.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { totpCode } from '../support/factor-kinds.js';
import { as, eventually, login, newPerson, type Person, principalOf, register } from '../support/people.js';

describe.each(databases)('recovery codes on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  /** Somebody with an authenticator app, and the codes that came with it. */
  async function withApp(name = 'ada') {
    const person = await register(app, newPerson(name));
    const session = as(app, await login(app, person));
    const { body: enrolled } = await session.post('/mfa/factors', { type: 'totp' }).expect(201);
    const { secret } = enrolled.enrollment as { secret: string };
    const { body: activated } = await session
      .post(`/mfa/factors/${enrolled.factor.id}/activate`, { code: totpCode(app, secret) })
      .expect(200);
    return { person, secret, codes: activated.recoveryCodes as string[], totpId: enrolled.factor.id as string };
  }

  async function signIn(person: Person, answer: { code: string }, type = 'totp') {
    const session = await login(app, person);
    const { id, factors } = session.mfa.challenge!;
    const chosen = factors.find((factor) => factor.type === type)!;
    if (type !== 'totp') await as(app, session).post(`/mfa/challenges/${id}/send`, { factorId: chosen.id }).expect(202);
    const { body } = await as(app, session).post(`/mfa/challenges/${id}/verify`, answer).expect(200);
    return body;
  }

  it('come with the first factor, once, ten of them, and are counted', async () => {
    const { person, secret, codes, totpId } = await withApp();
    expect(codes).toHaveLength(10);
    const proved = as(app, await signIn(person, { code: totpCode(app, secret) }));
    await proved.get('/mfa/recovery-codes').expect(200, { remaining: 10 });
    const { body: second } = await proved.post('/mfa/factors', { type: 'email' }).expect(201);
    const code = app.lastCode(person.email);
    const { body: activated } = await proved.post(`/mfa/factors/${second.factor.id}/activate`, { code }).expect(200);
    expect(activated).not.toHaveProperty('recoveryCodes');
    const { body: listed } = await proved.get('/mfa/factors').expect(200);
    expect(listed.map(({ id }: { id: string }) => id).sort()).toEqual([totpId, second.factor.id].sort());
  });

  it('are offered last in the challenge of another factor', async () => {
    const { person } = await withApp();
    const { challenge } = (await login(app, person)).mfa;
    expect(challenge!.factor.type).toBe('totp');
    expect(challenge!.factors.map(({ type, preferred }) => [type, preferred])).toEqual([
      ['totp', true],
      ['recovery_code', false],
    ]);
  });

  it('are good once each, with or without dashes and in either case', async () => {
    const { person, codes } = await withApp();
    await signIn(person, { code: codes[0].toLowerCase() }, 'recovery_code');
    const session = await signIn(person, { code: codes[1].replaceAll('-', '') }, 'recovery_code');
    await as(app, session).get('/mfa/recovery-codes').expect(200, { remaining: 8 });
    await expect(signIn(person, { code: codes[0] }, 'recovery_code')).rejects.toThrow(/got 422/);
  });

  it('tell their owner by mail of each use, and when three are left', async () => {
    const { person, codes } = await withApp();
    const notices = (subject: string) =>
      app.outbox.messages(person.email).filter((mail) => mail.subject === `Stepgate: ${subject}`);
    for (const [used, code] of codes.slice(0, 8).entries()) {
      await signIn(person, { code }, 'recovery_code');
      await eventually(() => expect(notices('A recovery code was used')).toHaveLength(used + 1));
      await eventually(() => expect(notices('Few recovery codes are left')).toHaveLength(used < 6 ? 0 : 1));
    }
    for (const { text } of app.outbox.messages(person.email))
      expect(codes.some((code) => text.includes(code))).toBe(false);
  });

  it('are offered until the last one is used, and again once there are new ones', async () => {
    const { person, secret, codes } = await withApp();
    const offered = async () => (await login(app, person)).mfa.challenge!.factors.map(({ type }) => type);
    for (const code of codes) {
      expect(await offered()).toEqual(['totp', 'recovery_code']);
      await signIn(person, { code }, 'recovery_code');
    }
    expect(await offered()).toEqual(['totp']);
    await as(app, await signIn(person, { code: totpCode(app, secret) }))
      .post('/mfa/recovery-codes')
      .expect(201);
    expect(await offered()).toEqual(['totp', 'recovery_code']);
  });

  it('cannot be enrolled, renamed, preferred or removed like a factor', async () => {
    const { person, secret } = await withApp();
    const proved = as(app, await signIn(person, { code: totpCode(app, secret) }));
    const { body: challenge } = await proved.post('/mfa/challenges').expect(201);
    const { id } = challenge.factors.find(({ type }: { type: string }) => type === 'recovery_code');
    await proved.post('/mfa/factors', { type: 'recovery_code' }).expect(400);
    await proved.patch(`/mfa/factors/${id}`, { preferred: true }).expect(404);
    await proved.delete(`/mfa/factors/${id}`).expect(404);
  });

  it('are made anew with another factor proved lately; then the old ones are dead', async () => {
    const { person, secret, codes } = await withApp();
    const proved = as(app, await signIn(person, { code: totpCode(app, secret) }));
    const { body } = await proved.post('/mfa/recovery-codes').expect(201).expect('cache-control', 'no-store');
    expect(body.recoveryCodes).toHaveLength(10);
    await expect(signIn(person, { code: codes[2] }, 'recovery_code')).rejects.toThrow(/got 422/);
    await signIn(person, { code: body.recoveryCodes[2] }, 'recovery_code');
  });

  it('are not made anew by a password alone, an old proof, or a recovery code', async () => {
    const { person, secret, codes } = await withApp();
    await as(app, await login(app, person))
      .post('/mfa/recovery-codes')
      .expect(401);
    const byCode = as(app, await signIn(person, { code: codes[0] }, 'recovery_code'));
    const { body: refused } = await byCode.post('/mfa/recovery-codes').expect(401);
    expect(refused).toMatchObject({
      code: 'insufficient_user_authentication',
      factors: expect.arrayContaining(['totp', 'email', 'sms']),
      enrolled: true,
    });
    expect(refused.factors).not.toContain('recovery_code');
    // The refusal, given back, asks for what would do.
    const { factors } = refused;
    const { body: challenge } = await byCode.post('/mfa/challenges', { factors }).expect(201);
    expect(challenge.factors.map(({ type }: { type: string }) => type)).toEqual(['totp']);
    const old = as(app, await signIn(person, { code: totpCode(app, secret) }));
    app.clock.advance('6m');
    await old.post('/mfa/recovery-codes').expect(401);
  });

  it('are not to be had without a factor', async () => {
    const session = as(app, await login(app, await register(app)));
    await session.get('/mfa/recovery-codes').expect(200, { remaining: 0 });
    await session.post('/mfa/recovery-codes').expect(409);
  });

  it('let somebody who lost his app enrol another, and go with the last factor', async () => {
    const { person, codes, totpId } = await withApp();
    const session = as(app, await signIn(person, { code: codes[0] }, 'recovery_code'));
    await session.delete(`/mfa/factors/${totpId}`).expect(204);
    await session.get('/auth/session').expect(401);
    const after = await login(app, person);
    expect(after.mfa).toEqual({ status: 'not_enrolled' });
    await as(app, after).get('/mfa/recovery-codes').expect(200, { remaining: 0 });
    const { body: enrolled } = await as(app, after).post('/mfa/factors', { type: 'email' }).expect(201);
    const { body } = await as(app, after)
      .post(`/mfa/factors/${enrolled.factor.id}/activate`, { code: app.lastCode(person.email) })
      .expect(200);
    expect(body.recoveryCodes).toHaveLength(10);
    expect(body.recoveryCodes).not.toContain(codes[1]);
  });

  it('are two sets for nobody, however many are asked for at the same moment', async () => {
    const { person, secret } = await withApp();
    const principal = principalOf(app, await signIn(person, { code: totpCode(app, secret) }));
    const service = app.nest.get(RecoveryCodes);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => service.renew(principal)));
    const sets = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(sets.length).toBeGreaterThan(0);
    // Several may follow each other; only the last one lives.
    expect(await service.remaining(principal.userId)).toBe(10);
    const working = [];
    for (const [code] of sets) {
      const used = await signIn(person, { code }, 'recovery_code').catch(() => null);
      if (used) working.push(code);
    }
    expect(working).toHaveLength(1);
  });

  it('are used once, however many use one at the same moment in sessions of their own', async () => {
    const { person, codes } = await withApp();
    const opened = [];
    for (let n = 0; n < 20; n++) {
      const session = await login(app, person);
      const { id, factors } = session.mfa.challenge!;
      await as(app, session).post(`/mfa/challenges/${id}/send`, { factorId: factors[1].id }).expect(202);
      opened.push({ id, principal: principalOf(app, session) });
    }
    const service = app.nest.get(SecondFactor);
    const outcomes = await Promise.allSettled(
      opened.map(({ id, principal }) => service.verify(principal, id, { code: codes[0] })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('stay good while wrong answers have disabled the factor, and no password alone does', async () => {
    const { person, codes, totpId } = await withApp();
    const { userId } = principalOf(app, await login(app, person));
    const rows = app.nest.get(FactorRepository);
    const totp = (await rows.findOne(totpId, userId))!;
    await rows.countFailure(totp, { status: 'disabled', failures: 100, blockedUntil: null });
    const pending = await login(app, person);
    expect(pending.mfa).toMatchObject({ status: 'required', challenge: { factor: { type: 'recovery_code' } } });
    await as(app, pending).post('/mfa/factors', { type: 'email' }).expect(401);
    const session = await signIn(person, { code: codes[0] }, 'recovery_code');
    await as(app, session).post('/mfa/factors', { type: 'email' }).expect(201);
  });
});
