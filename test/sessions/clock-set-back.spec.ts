import { startApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { bearer } from '../support/people.js';
import { createPersistent } from '../support/persistent-database.js';
import { openSession } from '../support/sessions.js';
import { ManualClock } from '../support/manual-clock.js';

describe.each(databases)('after the clock was set back by an hour, on $name', (kind) => {
  it('an instance still hears within a second what another revokes', async () => {
    const shared = await createPersistent(kind);
    const clock = new ManualClock();
    const [one, two] = [await startApp({ shared, clock }), await startApp({ shared, clock })];
    const logOut = async () => {
      const { accessToken } = await openSession(one);
      await two.http.get('/v1/auth/session').auth(accessToken, bearer).expect(200);
      await one.http.post('/v1/auth/logout').auth(accessToken, bearer).expect(204);
      await new Promise((resolve) => setTimeout(resolve, 950));
      await two.http.get('/v1/auth/session').auth(accessToken, bearer).expect(401);
    };
    await logOut();
    clock.setBack('1h');
    await logOut();
    await Promise.all([one.close(), two.close()]);
    await shared.drop();
  });

  it('a refresh that is refused uses no refresh token up', async () => {
    const clock = new ManualClock();
    const app = await startApp({ database: kind, clock });
    const { refreshToken } = await openSession(app);
    const refresh = () => app.http.post('/v1/auth/refresh').send({ refreshToken });
    clock.setBack('1h');
    const refused = await refresh();
    // Longer than a used token is good for.
    clock.advance('61m');
    const granted = await refresh();
    await app.close();
    expect([refused.status, granted.status]).toEqual([401, 200]);
  });
});
