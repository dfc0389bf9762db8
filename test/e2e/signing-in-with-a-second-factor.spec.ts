import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { answer, bearer, login, registerWithEmailFactor } from '../support/people.js';

describe.each(databases)('signing in with a second factor on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  it('goes from a password to a token with the MFA claim', async () => {
    const ada = await registerWithEmailFactor(app);

    const pending = await login(app, ada);
    expect(pending.mfa).toMatchObject({ status: 'required', challenge: { status: 'pending', attemptsLeft: 5 } });
    await app.http.get('/v1/examples/signed-in').auth(pending.accessToken, bearer).expect(200);
    await app.http.get('/v1/examples/mfa').auth(pending.accessToken, bearer).expect(401);

    const proved = await answer(app, pending, ada.email);
    expect(proved.mfa).toEqual({ status: 'satisfied' });
    await app.http.get('/v1/examples/mfa').auth(proved.accessToken, bearer).expect(200);
    await app.http.get('/v1/examples/signed-in').auth(pending.accessToken, bearer).expect(401);
  });
});
