import type { ChallengeDto } from '../../src/auth/index.js';
import { FactorRemoval } from '../../src/mfa/enrollment/factor-removal.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { kinds, type Holder } from '../support/factor-kinds.js';
import { answer, as, login, newPerson, type Person, principalOf, register } from '../support/people.js';

const kind = (type: string) => kinds.find((each) => each.type === type)!;

describe.each(databases)('choosing a factor on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  /** Somebody with these factors, in this order; the first is preferred. The session has proved the first. */
  async function withFactors(on: TestApp, ...types: string[]) {
    const person: Person = await register(on, newPerson());
    const [first, ...others] = types;
    const holders: Record<string, Holder> = {
      [first]: await kind(first).enroll(on, await login(on, person), person),
    };
    on.clock.advance('11m');
    const pending = await login(on, person);
    const { body: session } = await as(on, pending)
      .post(`/mfa/challenges/${pending.mfa.challenge!.id}/verify`, await holders[first].answer({}))
      .expect(200);
    for (const type of others) holders[type] = await kind(type).enroll(on, session, person);
    return { person, holders, session };
  }

  const typesOf = ({ factor, factors }: ChallengeDto) => [factor.type, ...factors.map(({ type }) => type)];

  it('offers the preferred factor first, then the strongest, and recovery codes last', async () => {
    const { person, session, holders } = await withFactors(app, 'email', 'totp', 'sms');
    const first = (await login(app, person)).mfa.challenge!;
    expect(typesOf(first)).toEqual(['email', 'email', 'totp', 'sms', 'recovery_code']);
    await as(app, session).patch(`/mfa/factors/${holders.sms.factorId}`, { preferred: true }).expect(200);
    app.clock.advance('4m');
    const then = (await login(app, person)).mfa.challenge!;
    expect(typesOf(then)).toEqual(['sms', 'sms', 'totp', 'email', 'recovery_code']);
  });

  it('lets another active factor answer within the same challenge', async () => {
    const { person, holders } = await withFactors(app, 'email', 'totp');
    app.clock.advance('11m');
    const session = await login(app, person);
    const { id } = session.mfa.challenge!;
    const { factorId } = holders.totp;
    const { body: switched } = await as(app, session).post(`/mfa/challenges/${id}/send`, { factorId }).expect(202);
    expect(switched).toMatchObject({ id, factor: { id: factorId, type: 'totp' } });
    const { body } = await as(app, session)
      .post(`/mfa/challenges/${id}/verify`, await holders.totp.answer({}))
      .expect(200);
    expect(body.mfa).toEqual({ status: 'satisfied' });
  });

  it('sends to each address once a minute, however often the factor is changed', async () => {
    const { person, holders } = await withFactors(app, 'email', 'sms', 'totp');
    app.clock.advance('11m');
    const session = await login(app, person);
    const change = (type: string) =>
      as(app, session).post(`/mfa/challenges/${session.mfa.challenge!.id}/send`, { factorId: holders[type].factorId });
    await change('sms').expect(202);
    app.clock.advance('20s');
    const tooSoon = await change('email').expect(429);
    expect(tooSoon.headers['retry-after']).toBe('40');
    await change('totp').expect(202);
    await change('sms').expect(429);
    app.clock.advance('40s');
    const { body: changed } = await change('email').expect(202);
    const { body } = await as(app, session)
      .post(`/mfa/challenges/${changed.id}/verify`, await holders.email.answer({}))
      .expect(200);
    expect(body.mfa).toEqual({ status: 'satisfied' });
  });

  it('offers only what a route takes, and keeps to it', async () => {
    const { session, holders } = await withFactors(app, 'email', 'totp', 'sms');
    const caller = as(app, session);
    const { body: refused } = await caller.get('/examples/aal2').expect(401);
    expect(refused).toMatchObject({ acrValues: 'aal2', enrolled: true });

    const { body: challenge } = await caller.post('/mfa/challenges', { acr: refused.acrValues }).expect(201);
    expect(typesOf(challenge)).toEqual(['totp', 'totp', 'sms', 'recovery_code']);
    const { body: shown } = await caller.get(`/mfa/challenges/${challenge.id}`).expect(200);
    expect(typesOf(shown)).toEqual(typesOf(challenge));
    const weaker = { factorId: holders.email.factorId };
    await caller.post(`/mfa/challenges/${challenge.id}/send`, weaker).expect(409);
    await caller.post('/mfa/challenges', { acr: 'aal2', ...weaker }).expect(409);
    const { body: proved } = await caller
      .post(`/mfa/challenges/${challenge.id}/verify`, await holders.totp.answer({}))
      .expect(200);
    await as(app, proved).get('/examples/aal2').expect(200);
  });

  it('offers only the types that a route takes', async () => {
    const { session } = await withFactors(app, 'email', 'totp', 'sms');
    const { body } = await as(app, session)
      .post('/mfa/challenges', { factors: ['sms', 'webauthn'] })
      .expect(201);
    expect(typesOf(body)).toEqual(['sms', 'sms']);
  });

  it('says so when no factor would do; recovery codes do not make up for one', async () => {
    const { session } = await withFactors(app, 'email');
    const caller = as(app, session);
    await caller.post('/mfa/challenges', { acr: 'aal2' }).expect(409);
    await caller.post('/mfa/challenges', { acr: 'phr' }).expect(409);
    await caller.post('/mfa/challenges', { factors: ['totp'] }).expect(409);
    const { body: refused } = await caller.get('/examples/aal2').expect(401);
    expect(refused).toMatchObject({ enrolled: false });
  });

  it.each([
    { acr: 'aal1' },
    { acr: 'aal3' },
    { acr: ['aal2'] },
    { factors: [] },
    { factors: 'totp' },
    { factors: [7] },
    { factors: Array(21).fill('totp') },
  ])('refuses to be asked for %j', async (body) => {
    const session = await login(app, await register(app));
    await as(app, session).post('/mfa/challenges', body).expect(400);
  });

  it('keeps the last factor where everybody must have one, also when two are removed at once', async () => {
    const strict = await startApp({ database, env: { MFA_ENFORCEMENT: 'everyone' } });
    try {
      const { person, holders, session } = await withFactors(strict, 'email', 'totp');
      const principal = principalOf(strict, session);
      const ids = [holders.email.factorId, holders.totp.factorId];
      const removal = strict.nest.get(FactorRemoval);
      const outcomes = await Promise.allSettled(ids.map((id) => removal.remove(principal, id)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);

      strict.clock.advance('11m');
      const pending = await login(strict, person);
      const [left] = pending.mfa.challenge!.factors;
      const code = left.type === 'email' ? null : await holders.totp.answer({});
      const proved = code
        ? (await as(strict, pending).post(`/mfa/challenges/${pending.mfa.challenge!.id}/verify`, code).expect(200)).body
        : await answer(strict, pending, person.email);
      await as(strict, proved).delete(`/mfa/factors/${left.id}`).expect(409);
      expect((await login(strict, person)).mfa.status).toBe('required');
    } finally {
      await strict.close();
    }
  });
});
