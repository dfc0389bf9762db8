import { Redis } from 'ioredis';
import request from 'supertest';
import { mailedCode } from '../support/customers.js';
import { Fleet } from '../support/fleet.js';
import { bearer, eventually, newPerson, type Person } from '../support/people.js';
import { isPresent } from '../support/services.js';

const complete = (['nginx', 'mariadbd', 'redis-server'] as const).every(isPresent);

(complete ? describe : describe.skip)('what three instances share', () => {
  jest.setTimeout(60_000);
  let fleet: Fleet;
  let turn = 0;
  /** Each request goes to the next instance. */
  const next = () => request(fleet.instances[turn++ % 3].url);
  const login = ({ email, password }: Person) => next().post('/v1/auth/login').send({ email, password });

  beforeAll(async () => {
    fleet = await Fleet.start();
  });
  afterAll(() => fleet?.remove());

  async function register(): Promise<Person> {
    const person = newPerson();
    const { body } = await next().post('/v1/auth/register').send(person).expect(202);
    const code = await mailedCode(fleet, person.email, []);
    await next().post('/v1/auth/email/verify').send({ challengeId: body.verification.id, code }).expect(204);
    return person;
  }

  it('is the five tries of a challenge, however they are spread', async () => {
    const person = newPerson();
    const { body } = await next().post('/v1/auth/register').send(person).expect(202);
    const challengeId = body.verification.id;
    const right = await mailedCode(fleet, person.email, []);
    const code = right === '000000' ? '000001' : '000000';
    const guesses = Array.from({ length: 12 }, () => next().post('/v1/auth/email/verify').send({ challengeId, code }));
    const answers = await Promise.all(guesses);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(5);
    await next().post('/v1/auth/email/verify').send({ challengeId, code: right }).expect(410);
  });

  it('are the five mails of a destination', async () => {
    const person = newPerson();
    await Promise.all(Array.from({ length: 9 }, () => next().post('/v1/auth/register').send(person).expect(202)));
    const mails = () => fleet.mail.mails.filter(({ recipients }) => recipients.includes(person.email));
    await eventually(() => expect(mails()).toHaveLength(5));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(mails()).toHaveLength(5);
  });

  it('are the tries of a password', async () => {
    const person = await register();
    const statuses: number[] = [];
    for (let n = 0; n < 11; n++) statuses.push((await login({ ...person, password: 'not this one, no' })).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    await login(person).expect(429);
  });

  it('are the tries of a factor, over all its challenges', async () => {
    const person = await register();
    const { body: first } = await login(person).expect(200);
    const enrolled = await next().post('/v1/mfa/factors').auth(first.accessToken, bearer).send({ type: 'email' });
    const { text } = await eventually(() =>
      fleet.mail.mails.find(({ recipients }) => recipients.includes(person.email))!,
    );
    const codes = [/\b(\d{6})\b/.exec(text)![1]];
    const activation = `/v1/mfa/factors/${enrolled.body.factor.id}/activate`;
    await next().post(activation).auth(first.accessToken, bearer).send({ code: codes[0] }).expect(200);

    const verify = async (code?: string) => {
      const { body } = await login(person).expect(200);
      const sent = await mailedCode(fleet, person.email, codes);
      codes.push(sent);
      const path = `/v1/mfa/challenges/${body.mfa.challenge.id}/verify`;
      return { path, token: body.accessToken as string, sent, code };
    };
    const one = await verify();
    const wrong = one.sent === '000000' ? '000001' : '000000';
    for (let n = 0; n < 5; n++) await next().post(one.path).auth(one.token, bearer).send({ code: wrong }).expect(422);
    const two = await verify();
    await next().post(two.path).auth(two.token, bearer).send({ code: two.sent }).expect(429);
  });

  it('is what is dead: a logout is known everywhere within a second', async () => {
    const person = await register();
    for (let round = 0; round < 3; round++) {
      const { body } = await login(person).expect(200);
      const get = (url: string) => request(url).get('/v1/auth/session').auth(body.accessToken, bearer);
      for (const { url } of fleet.instances) await get(url).expect(200);
      await next().post('/v1/auth/logout').auth(body.accessToken, bearer).expect(204);
      await new Promise((resolve) => setTimeout(resolve, 900));
      for (const { url } of fleet.instances) await get(url).expect(401);
    }
  });

  it('is what is dead at once, by way of Redis: each listens from its start on', async () => {
    const redis = new Redis(fleet.redis.port);
    const [, listening] = (await redis.pubsub('NUMSUB', 'stepgate:revocations')) as [string, number];
    redis.disconnect();
    expect(listening).toBe(3);
  });

  it('is the count of requests from one address', async () => {
    const left = async () => {
      const { headers } = await login(newPerson());
      return Number(/r=(\d+)/.exec(headers.ratelimit)![1]);
    };
    const [one, two, three] = [await left(), await left(), await left()];
    expect([two, three]).toEqual([one - 1, one - 2]);
  });
});
