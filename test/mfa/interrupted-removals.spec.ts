import { DataSource } from 'typeorm';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Audit } from '../../src/audit/audit.service.js';
import { AuditEventRow } from '../../src/audit/audit-event.entity.js';
import type { AuditEventType } from '../../src/audit/audit-event.js';
import type { SessionDto } from '../../src/auth/index.js';
import { FactorPurge } from '../../src/mfa/enrollment/factor-purge.js';
import { Accounts } from '../../src/mfa/index.js';
import { SessionRow } from '../../src/sessions/session.entity.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { totpCode } from '../support/factor-kinds.js';
import { as, newPerson } from '../support/people.js';
import { beginEnrollment, SecurityKey } from '../support/security-key.js';
import { withStatementsSeen } from '../support/statements.js';

type Session = Pick<SessionDto, 'accessToken' | 'refreshToken'>;

/** Neither the polls for revocations nor events, which are written behind the answers. */
const ASIDE = /revokedAt\W+ > |^INSERT INTO \W?stepgate_audit_event/;
const WRITE = /^(INSERT|UPDATE|DELETE)/;

describe.each(databases)('a removal that is interrupted on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database, env: { TRUSTED_DEVICE_TTL: '10d' } });
    app.nest.useLogger(false);
  });

  afterAll(() => app.close());

  /** Does the work; from the write of this number on, counted from 0, the database cannot be reached. */
  async function lostFrom(write: number, work: () => Promise<unknown>): Promise<void> {
    let written = 0;
    const lose = (sql: string) => {
      if (ASIDE.test(sql)) return;
      if (written === write && WRITE.test(sql)) throw Object.assign(new Error('lost'), { code: 'ECONNREFUSED' });
      if (WRITE.test(sql)) written++;
    };
    await withStatementsSeen(app, lose, work);
  }

  /** As {@link lostFrom}, with nothing done but the first step. */
  const lostAfterTheFirst = (work: () => Promise<unknown>) => lostFrom(1, work);

  const rows = <Row extends object>(entity: new () => Row) => app.nest.get(DataSource).getRepository(entity);

  interface Owner {
    readonly userId: string;
    readonly email: string;
    readonly factorId: string;
    /** With the claim by the factor: one that removes it, and another. */
    readonly session: Session;
    readonly other: Session;
    /** With the claim by a recovery code. */
    readonly recovered: Session;
  }

  /** As a right password opens it. */
  const signIn = async ({ userId }: Pick<Owner, 'userId'>): Promise<Session> =>
    (await app.nest.get(Sessions).open(userId, { acr: 'aal1', amr: ['pwd'] }, NO_REQUEST))!;

  async function prove(session: Session, type: string, code: string, extra: object = {}): Promise<Session> {
    const { body: asked } = await as(app, session).post('/mfa/challenges').expect(201);
    const { id: factorId } = asked.factors.find((each: { type: string }) => each.type === type);
    const path = `/mfa/challenges/${asked.id}`;
    if (asked.factor.id !== factorId) await as(app, session).post(`${path}/send`, { factorId }).expect(202);
    const { body } = await as(app, session)
      .post(`${path}/verify`, { code, ...extra })
      .expect(200);
    return body;
  }

  /** Somebody with an authenticator app alone, a trusted device, and three sessions with the claim. */
  async function owner(): Promise<Owner> {
    const { email } = newPerson();
    const user = await app.nest.get(UserStore).create({ email, displayName: null, passwordHash: '-' });
    const who = { userId: user!.id, email };
    const first = as(app, await signIn(who));
    const { body: enrolled } = await first.post('/mfa/factors', { type: 'totp' }).expect(201);
    const code = () => totpCode(app, enrolled.enrollment.secret);
    const factorId: string = enrolled.factor.id;
    const { body: activated } = await first.post(`/mfa/factors/${factorId}/activate`, { code: code() }).expect(200);
    const recovered = await prove(await signIn(who), 'recovery_code', activated.recoveryCodes[0]);
    const other = await prove(await signIn(who), 'totp', code(), { rememberDevice: true });
    const session = await prove(await signIn(who), 'totp', code());
    return { ...who, factorId, session, other, recovered };
  }

  const remove = (session: Session, factorId: string) => as(app, session).delete(`/mfa/factors/${factorId}`);
  const claims = async (userId: string) =>
    (await rows(SessionRow).findBy({ userId })).filter(({ acr, mfaAt }) => acr !== 'aal1' || mfaAt !== null).length;
  const eventsOf = async (userId: string, type: AuditEventType) => {
    await app.nest.get(Audit).flush();
    return rows(AuditEventRow).countBy({ userId, type });
  };

  const refreshed = async ({ refreshToken }: Session): Promise<SessionDto> =>
    (await app.http.post('/v1/auth/refresh').send({ refreshToken }).expect(200)).body;

  async function expectNothingLeft(ada: Owner): Promise<void> {
    expect(await claims(ada.userId)).toBe(0);
    for (const session of [ada.other, ada.recovered]) {
      await as(app, session).get('/examples/mfa').expect(401);
      const next = await refreshed(session);
      expect(next.mfa).toEqual({ status: 'not_enrolled' });
      await as(app, next)
        .get('/auth/session')
        .expect(200, /"acr":"aal1"/);
    }
    const after = await signIn(ada);
    await as(app, after).get('/mfa/recovery-codes').expect(200, { remaining: 0 });
    await as(app, after).get('/mfa/trusted-devices').expect(200, []);
    await remove(after, ada.factorId).expect(404);
    expect(await eventsOf(ada.userId, 'factor.removed')).toBe(1);
  }

  it('is finished by a retry, whatever it had got done', async () => {
    for (let write = 0, finished = false; !finished; write++) {
      const ada = await owner();
      let answered = 0;
      await lostFrom(write, async () => ({ status: answered } = await remove(ada.session, ada.factorId)));
      finished = answered === 204;
      expect([204, 503]).toContain(answered);
      if (!finished) {
        // His own session may have lost the claim already, and its token with it.
        const again = await remove(ada.session, ada.factorId);
        if (again.status === 401) await remove(await signIn(ada), ada.factorId).expect(204);
        else expect([write, again.status]).toEqual([write, 204]);
      }
      await expectNothingLeft(ada);
    }
  });

  it('asks for no other proof when it is tried again', async () => {
    const ada = await owner();
    await lostAfterTheFirst(() => remove(ada.session, ada.factorId).expect(503));
    app.clock.advance('6m');
    await remove(ada.session, ada.factorId).expect(204);
    await expectNothingLeft(ada);
  });

  it('leaves a factor that is gone already: not listed, not asked for, and good for nothing', async () => {
    const ada = await owner();
    const pending = await signIn(ada);
    const { body: challenge } = await as(app, pending).post('/mfa/challenges').expect(201);
    await lostAfterTheFirst(() => remove(ada.session, ada.factorId).expect(503));
    await as(app, pending).post(`/mfa/challenges/${challenge.id}/verify`, { code: '123456' }).expect(410);
    const after = await signIn(ada);
    await as(app, after).get('/mfa/factors').expect(200, []);
    await as(app, after).patch(`/mfa/factors/${ada.factorId}`, { label: 'Mine' }).expect(404);
    await as(app, after).post('/mfa/challenges', { factorId: ada.factorId }).expect(409);
    expect((await refreshed(after)).mfa).toEqual({ status: 'not_enrolled' });
    const stranger = await signIn(await owner());
    await remove(stranger, ada.factorId).expect(401);
  });

  it('is finished by the purge when nobody comes back to it', async () => {
    const ada = await owner();
    await lostAfterTheFirst(() => remove(ada.session, ada.factorId).expect(503));
    expect(await claims(ada.userId)).toBe(3);
    await Promise.all([1, 2, 3].map(() => app.nest.get(FactorPurge).purge()));
    await expectNothingLeft(ada);
  });

  it('is finished before the next factor becomes the first one, which brings codes of its own', async () => {
    const ada = await owner();
    await lostAfterTheFirst(() => remove(ada.session, ada.factorId).expect(503));
    const session = as(app, await signIn(ada));
    const { body: enrolled } = await session.post('/mfa/factors', { type: 'email' }).expect(201);
    const code = app.lastCode(ada.email);
    const { body } = await session.post(`/mfa/factors/${enrolled.factor.id}/activate`, { code }).expect(200);
    expect(body).toMatchObject({ factor: { preferred: true }, recoveryCodes: expect.any(Array) as unknown });
    expect(await claims(ada.userId)).toBe(0);
    await session.get('/mfa/trusted-devices').expect(200, []);
  });

  it('makes room for other factors, and for the same credential', async () => {
    const { session } = await owner();
    const { id, publicKey } = await beginEnrollment(app, session);
    const credential = new SecurityKey().create(publicKey);
    await as(app, session).post(`/mfa/factors/${id}/activate`, { credential }).expect(200);
    await lostAfterTheFirst(() => remove(session, id).expect(503));

    const again = await beginEnrollment(app, session);
    expect(again.publicKey).toMatchObject({ excludeCredentials: [] });
    for (let n = 2; n < 20; n++) await as(app, session).post('/mfa/factors', { type: 'totp' }).expect(201);
    const { clientDataJSON } = new SecurityKey().create(again.publicKey).response;
    const same = { ...credential, response: { ...credential.response, clientDataJSON } };
    await as(app, session).post(`/mfa/factors/${again.id}/activate`, { credential: same }).expect(200);
  });

  it('prefers the next best factor in the end', async () => {
    const ada = await owner();
    const { body } = await as(app, ada.session).post('/mfa/factors', { type: 'email' }).expect(201);
    const code = app.lastCode(ada.email);
    await as(app, ada.session).post(`/mfa/factors/${body.factor.id}/activate`, { code }).expect(200);
    await lostAfterTheFirst(() => remove(ada.session, ada.factorId).expect(503));
    await remove(ada.session, ada.factorId).expect(204);
    const pending = as(app, await signIn(ada));
    const { body: listed } = await pending.get('/mfa/factors').expect(200);
    expect(listed).toMatchObject([{ id: body.factor.id, preferred: true }]);
    // There still is a factor for which they stand in.
    await pending.get('/mfa/recovery-codes').expect(200, { remaining: 9 });
  });

  it.each([
    { method: 'resetMfa', before: 0 },
    // The user.
    { method: 'delete', before: 1 },
  ] as const)('leaves no claim either when Accounts.$method did it', async ({ method, before }) => {
    const ada = await owner();
    const accounts = app.nest.get(Accounts);
    await lostFrom(before + 1, () => expect(accounts[method](ada.userId, NO_REQUEST)).rejects.toThrow('lost'));
    expect(await claims(ada.userId)).toBe(3);
    await app.nest.get(FactorPurge).purge();
    expect(await claims(ada.userId)).toBe(0);
    await accounts[method](ada.userId, NO_REQUEST);
    const sessions = await rows(SessionRow).findBy({ userId: ada.userId });
    expect(sessions.map(({ endedAt }) => endedAt !== null)).toEqual([true, true, true, true]);
  });
});
