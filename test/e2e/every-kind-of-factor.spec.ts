import type { ChallengeDto, SessionDto } from '../../src/auth/index.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { type AnswerBody, type FactorKind, type Holder, kinds } from '../support/factor-kinds.js';
import { as, login, newPerson, type Person, principalOf, register } from '../support/people.js';

describe.each(databases)('every kind of factor on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database, own: { imports: kinds.flatMap(({ module }) => module ?? []) } });
  });

  afterAll(() => app.close());

  interface Owner {
    readonly person: Person;
    readonly holder: Holder;
  }

  async function owner(kind: FactorKind, name = 'ada'): Promise<Owner> {
    const person = await register(app, newPerson(name));
    return { person, holder: await kind.enroll(app, await login(app, person), person) };
  }

  /** Logs in, and has the challenge ask for the owner's factor. */
  /** Signs in, out of the way of the budget for messages. */
  function ask(owner: Owner) {
    app.clock.advance('11m');
    return askAtOnce(owner);
  }

  async function askAtOnce({ person, holder }: Owner) {
    const session = await login(app, person);
    expect(session.mfa.status).toBe('required');
    const challenge = await switchTo(session, session.mfa.challenge!, holder);
    return { session, challenge };
  }

  async function switchTo(session: SessionDto, challenge: ChallengeDto, { factorId }: Holder): Promise<ChallengeDto> {
    if (challenge.factor.id === factorId) return challenge;
    const { body } = await as(app, session).post(`/mfa/challenges/${challenge.id}/send`, { factorId }).expect(202);
    return body;
  }

  const verify = (session: Pick<SessionDto, 'accessToken'>, { id }: { id: string }, answer: AnswerBody) =>
    as(app, session).post(`/mfa/challenges/${id}/verify`, answer);

  async function signIn(whose: Owner): Promise<SessionDto> {
    const { session, challenge } = await ask(whose);
    const { body } = await verify(session, challenge, await whose.holder.answer(challenge)).expect(200);
    return body;
  }

  describe.each(kinds.map((kind) => ({ kind, name: kind.type })))('$name', ({ kind }) => {
    it('is enrolled: pending until proved, then active', async () => {
      const person = await register(app);
      const session = await login(app, person);
      if (!kind.begin) {
        await as(app, session).post('/mfa/factors', { type: kind.type }).expect(400);
        await kind.enroll(app, session, person);
        const { body } = await as(app, session).get('/mfa/factors').expect(200);
        expect(body).toMatchObject([{ type: 'totp', preferred: true }]);
        return;
      }
      const { factorId } = await kind.enroll(app, session, person);
      const { body } = await as(app, session).get('/mfa/factors').expect(200);
      expect(body).toEqual([
        expect.objectContaining({ id: factorId, type: kind.type, status: 'active', preferred: true }),
      ]);
    });

    it('is not active before it is proved, nor by a wrong answer', async () => {
      const person = await register(app);
      const session = await login(app, person);
      const pending = await kind.begin?.(app, session, person);
      if (!pending) return;
      await as(app, session).post(`/mfa/factors/${pending.factorId}/activate`, kind.wrong).expect(422);
      const { body } = await as(app, session).get('/mfa/factors').expect(200);
      expect(body).toMatchObject([{ type: kind.type, status: 'pending' }]);
      expect((await login(app, person)).mfa).toEqual({ status: 'not_enrolled' });
    });

    it('completes a login', async () => {
      const ada = await owner(kind);
      const { session, challenge } = await ask(ada);
      const { body } = await verify(session, challenge, await ada.holder.answer(challenge)).expect(200);
      expect(body.mfa).toEqual({ status: 'satisfied' });
      const { body: claims } = await as(app, body).get('/auth/session').expect(200);
      expect(claims).toMatchObject({ amr: kind.amr, acr: kind.acr, mfa: { factor: kind.type } });
      await as(app, body).get('/examples/mfa').expect(200);
      await as(app, session).get('/auth/session').expect(401);
    });

    it('steps up a session that has grown old', async () => {
      const ada = await owner(kind);
      const session = await signIn(ada);
      app.clock.advance('6m');
      const { body: refused } = await as(app, session).get('/examples/mfa-fresh').expect(401);
      expect(refused).toMatchObject({ code: 'insufficient_user_authentication', maxAge: 300, enrolled: true });
      const { body: opened } = await as(app, session).post('/mfa/challenges').expect(201);
      const challenge = await switchTo(session, opened, ada.holder);
      const { body } = await verify(session, challenge, await ada.holder.answer(challenge)).expect(200);
      await as(app, body).get('/examples/mfa-fresh').expect(200);
    });

    it('takes a wrong answer for an attempt, and the right one after it', async () => {
      const ada = await owner(kind);
      const { session, challenge } = await ask(ada);
      const { body } = await verify(session, challenge, kind.wrong).expect(422);
      expect(body).toMatchObject({ code: 'invalid_code', attemptsLeft: 4 });
      await verify(session, challenge, await ada.holder.answer(challenge)).expect(200);
    });

    it('calls a malformed answer wrong', async () => {
      const ada = await owner(kind);
      const { session, challenge } = await ask(ada);
      for (const answer of [{ code: '12345 6' }, { code: '\u0661\u0662\u0663' }, { credential: { id: 'x' } }]) {
        await verify(session, challenge, answer).expect(422);
      }
    });

    it('takes no answer twice', async () => {
      const ada = await owner(kind);
      const { session, challenge } = await ask(ada);
      const answer = await ada.holder.answer(challenge);
      const { body: proved } = await verify(session, challenge, answer).expect(200);
      await verify(proved, challenge, answer).expect(410);
      if (kind.reusable) return;
      const next = await ask(ada);
      await verify(next.session, next.challenge, answer).expect(422);
    });

    it('is proved once, however many answer at the same moment', async () => {
      const ada = await owner(kind);
      const { session, challenge } = await ask(ada);
      const answer = await ada.holder.answer(challenge);
      const principal = principalOf(app, session);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => app.nest.get(SecondFactor).verify(principal, challenge.id, answer)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('is proved once, in however many sessions the answer is given at the same moment', async () => {
      if (kind.reusable || kind.type === 'email' || kind.type === 'sms') return;
      const ada = await owner(kind);
      const opened = [];
      app.clock.advance('11m');
      for (let n = 0; n < 20; n++) opened.push(await askAtOnce(ada));
      const answer = await ada.holder.answer(opened[19].challenge);
      const outcomes = await Promise.allSettled(
        opened.map(({ session, challenge }) =>
          app.nest.get(SecondFactor).verify(principalOf(app, session), challenge.id, answer),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('is of no use to somebody else', async () => {
      const ada = await owner(kind);
      const eve = await owner(kind, 'eve');
      const [hers, his] = [await ask(ada), await ask(eve)];
      await verify(his.session, hers.challenge, await ada.holder.answer(hers.challenge)).expect(404);
      await as(app, his.session).get(`/mfa/challenges/${hers.challenge.id}`).expect(404);
      await as(app, his.session).post('/mfa/challenges', { factorId: ada.holder.factorId }).expect(404);
      const { factorId } = ada.holder;
      await as(app, his.session).post(`/mfa/challenges/${his.challenge.id}/send`, { factorId }).expect(404);
      if (!kind.reusable) await verify(his.session, his.challenge, await ada.holder.answer(hers.challenge)).expect(422);
      const eveProved = await signIn(eve);
      await as(app, eveProved).delete(`/mfa/factors/${ada.holder.factorId}`).expect(404);
    });

    it('is gone when it is removed, with the claim that it gave and the challenge that asked for it', async () => {
      const ada = await owner(kind);
      const proved = await signIn(ada);
      const session = await login(app, ada.person);
      const challenge = await switchTo(session, session.mfa.challenge!, ada.holder);
      const { body: factors } = await as(app, proved).get('/mfa/factors').expect(200);
      for (const { id } of factors) await as(app, proved).delete(`/mfa/factors/${id}`).expect(204);
      await as(app, proved).get('/examples/signed-in').expect(401);
      await verify(session, challenge, await ada.holder.answer(challenge)).expect(410);
      expect((await login(app, ada.person)).mfa).toEqual({ status: 'not_enrolled' });
    });
  });
});
