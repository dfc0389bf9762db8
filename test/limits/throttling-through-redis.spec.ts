import { randomBytes } from 'node:crypto';
import { RequestCounts } from '../../src/limits/throttling/request-counts.js';
import { startApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { isPresent, SERVICES } from '../support/services.js';

const ifRedis = isPresent('Redis') ? describe : describe.skip;

/** Requests left to the source at one instance, as it says. */
async function left({ http }: TestApp, source: string): Promise<number> {
  const { headers } = await http
    .post('/v1/auth/refresh')
    .set('X-Forwarded-For', source)
    .send({ refreshToken: 'none' })
    .expect(401);
  return Number(/r=(\d+)/.exec(headers.ratelimit)?.[1]);
}

/** One that no earlier run had. */
const newSource = () => `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;

ifRedis('requests to two instances with one Redis', () => {
  let instances: TestApp[];
  const env = { REDIS_URL: SERVICES.Redis, SOURCE_LIMITS: 'true', TRUST_PROXY: 'loopback' };

  beforeAll(async () => {
    instances = [await startApp({ env }), await startApp({ env })];
  });

  afterAll(() => Promise.all(instances.map((instance) => instance.close())));

  it('from one source address are counted together, and a restart forgets none', async () => {
    const source = newSource();
    const at = (index: number) => left(instances[index], source);
    expect([await at(0), await at(1), await at(0)]).toEqual([599, 598, 597]);
    await instances[0].close();
    instances[0] = await startApp({ env });
    expect(await at(0)).toBe(596);
  });
});

describe.each(databases.filter(({ name }) => name === 'MariaDB'))('while Redis is down, requests on $name', (kind) => {
  let database: TestDatabase;
  let cable: Cable;
  let instances: TestApp[];

  beforeAll(async () => {
    database = await kind.create();
    cable = await Cable.to(SERVICES.Redis);
    const env = { REDIS_URL: cable.url, SOURCE_LIMITS: 'true', TRUST_PROXY: 'loopback' };
    instances = [await startApp({ env, shared: database }), await startApp({ env, shared: database })];
    instances.forEach(({ nest }) => nest.useLogger(false));
    cable.cut();
  });

  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    await cable.remove();
    await database.drop();
  });

  it('are counted together in the database', async () => {
    const source = newSource();
    const [one, other] = instances;
    expect([await left(one, source), await left(other, source), await left(one, source)]).toEqual([599, 598, 597]);
    expect(await left(one, newSource())).toBe(599);
  });

  it('are refused when they are too many, until their minute ends', async () => {
    const [{ nest, clock }] = instances;
    const request = () => nest.get(RequestCounts).increment('somebody', 60_000, 2, 60_000, 'default');
    expect(await request()).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
    await request();
    clock.advance('20s');
    expect(await request()).toEqual({ totalHits: 3, timeToExpire: 40, isBlocked: true, timeToBlockExpire: 40 });
    clock.advance('40s');
    expect(await request()).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
  });
});
