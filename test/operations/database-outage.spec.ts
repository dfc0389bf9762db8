import { bearer, eventually, newPerson, registerWithEmailFactor, signInWithMfa } from '../support/people.js';
import { startApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { withStatementsSeen } from '../support/statements.js';

/** In milliseconds: 5 seconds of silence, and what the test takes. */
const AT_MOST = 6_000;

const UNAVAILABLE = {
  type: 'urn:stepgate:problem:unavailable',
  title: 'Temporarily unavailable. Wait, then try again.',
  status: 503,
  code: 'unavailable',
};

describe.each(databases.filter(({ name }) => name === 'MariaDB'))('while $name cannot be reached', (kind) => {
  let database: TestDatabase;
  let cable: Cable;
  let app: TestApp;
  let accessToken: string;

  beforeAll(async () => {
    database = await kind.create();
    cable = await Cable.to(database.url);
    app = await startApp({ shared: { ...database, url: cable.url } });
    app.nest.useLogger(false);
    ({ accessToken } = await signInWithMfa(app, await registerWithEmailFactor(app)));
  });

  afterEach(async () => {
    cable.mend();
    await eventually(() => app.http.get('/health/ready').expect(200));
  });

  afterAll(async () => {
    await app.close();
    await cable.remove();
    await database.drop();
  });

  const interruptions = [
    { how: 'refuses connections', begin: () => cable.cut() },
    { how: 'falls silent', begin: () => cable.clog() },
  ];

  describe.each(interruptions)('because it $how', ({ begin }) => {
    it('answers 503 with Retry-After soon, and works again afterwards', async () => {
      const person = newPerson();
      begin();
      const startedAt = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 12 }, () =>
          app.http
            .post('/v1/auth/login')
            .send(person)
            .expect(503)
            .expect('Content-Type', /problem\+json/),
        ),
      );
      expect(performance.now() - startedAt).toBeLessThan(AT_MOST);
      for (const { body, headers } of answers) {
        expect(body).toEqual({ ...UNAVAILABLE, instance: '/v1/auth/login', requestId: headers['x-request-id'] });
        expect(headers['retry-after']).toMatch(/^\d+$/);
      }

      cable.mend();
      await eventually(() => app.http.post('/v1/auth/login').send(person).expect(401));
    });

    it('promises no mail for a registration that it cannot send', async () => {
      const lostAtItsBudget = (sql: string) => {
        if (sql.includes('send_budget')) begin();
      };
      await withStatementsSeen(app, lostAtItsBudget, () =>
        app.http.post('/v1/auth/register').send(newPerson()).expect(503).expect('Retry-After', /^\d+$/),
      );
    });

    it('is alive, but not ready', async () => {
      begin();
      await app.http.get('/health/live').expect(200);
      const { body } = await app.http.get('/health/ready').expect(503);
      expect(body).toMatchObject(UNAVAILABLE);

      cable.mend();
      await eventually(() => app.http.get('/health/ready').expect(200));
    });

    it('trusts no token once the revocation feed is lost', async () => {
      await app.http.get('/v1/examples/mfa').auth(accessToken, bearer).expect(200);
      begin();
      await eventually(() => app.http.get('/v1/examples/mfa').auth(accessToken, bearer).expect(503));

      cable.mend();
      await eventually(() => app.http.get('/v1/examples/mfa').auth(accessToken, bearer).expect(200));
    });
  });
});
