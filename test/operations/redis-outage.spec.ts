import { bearer, eventually, registerWithEmailFactor, signInWithMfa } from '../support/people.js';
import { startApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { isPresent, SERVICES } from '../support/services.js';

(isPresent('Redis') ? describe : describe.skip)('while Redis cannot be reached', () => {
  let cable: Cable;
  let app: TestApp;

  beforeAll(async () => {
    cable = await Cable.to(SERVICES.Redis);
    app = await startApp({ env: { REDIS_URL: cable.url } });
    app.nest.useLogger(false);
  });

  afterAll(async () => {
    await app.close();
    await cable.remove();
  });

  it('is ready before', async () => {
    const { body } = await app.http.get('/health/ready').expect(200);
    expect(body.info).toMatchObject({ database: { status: 'up' }, redis: { status: 'up' } });
  });

  it.each([
    { how: 'refuses connections', begin: () => cable.cut() },
    { how: 'falls silent', begin: () => cable.clog() },
  ])('is not ready when it $how, but serves, and is ready again afterwards', async ({ begin }) => {
    begin();
    await app.http
      .get('/health/ready')
      .expect(503)
      .expect('Content-Type', /problem\+json/);
    const { accessToken } = await signInWithMfa(app, await registerWithEmailFactor(app));
    await app.http.get('/v1/examples/mfa').auth(accessToken, bearer).expect(200);

    cable.mend();
    await eventually(() => app.http.get('/health/ready').expect(200));
  });
});

describe('without Redis', () => {
  it('is ready when the database answers', async () => {
    const app = await startApp();
    const { body } = await app.http.get('/health/ready').expect(200);
    expect(Object.keys(body.info)).toEqual(['database']);
    await app.close();
  });
});
