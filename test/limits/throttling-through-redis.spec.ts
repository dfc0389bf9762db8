import { randomBytes } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import { isPresent, SERVICES } from '../support/services.js';

const ifRedis = isPresent('Redis') ? describe : describe.skip;

ifRedis('requests to two instances with one Redis', () => {
  let instances: TestApp[];
  const env = { REDIS_URL: SERVICES.Redis, SOURCE_LIMITS: 'true', TRUST_PROXY: 'loopback' };

  beforeAll(async () => {
    instances = [await startApp({ env }), await startApp({ env })];
  });

  afterAll(() => Promise.all(instances.map((instance) => instance.close())));

  it('from one source address are counted together, and a restart forgets none', async () => {
    // One that no earlier run had.
    const source = `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;
    const left = async (index: number) => {
      const { headers } = await instances[index].http
        .post('/v1/auth/refresh')
        .set('X-Forwarded-For', source)
        .send({ refreshToken: 'none' })
        .expect(401);
      return Number(/r=(\d+)/.exec(headers.ratelimit)?.[1]);
    };
    expect([await left(0), await left(1), await left(0)]).toEqual([599, 598, 597]);
    await instances[0].close();
    instances[0] = await startApp({ env });
    expect(await left(0)).toBe(596);
  });
});
