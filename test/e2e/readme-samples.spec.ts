import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SessionDto } from '../../src/auth/index.js';
import { CustomerProject } from '../support/customer.js';
import { bearer, eventually, newPerson } from '../support/people.js';
import { listening, type Server, spawnServer, START_TIMEOUT } from '../support/server.js';

/** The TypeScript of the README, as one project. */
function samples(): Record<string, string> {
  const readme = readFileSync(resolve(__dirname, '../../README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text);
  expect(blocks).toHaveLength(4);
  const [controllers, main, channel, factorType] = blocks;
  const registered = main.replace('controllers:', 'providers: [PagerChannel, FavouriteNumberFactorType], controllers:');
  return {
    'vault.controller.ts': controllers,
    'pager.channel.ts': channel,
    'favourite-number.ts': factorType,
    'main.ts': `import { PagerChannel } from './pager.channel.js';
      import { FavouriteNumberFactorType } from './favourite-number.js';
      ${registered}
      console.log('Listening on', settings.publicUrl);`,
  };
}

describe('the TypeScript of the README', () => {
  let project: CustomerProject;
  let server: Server | undefined;

  beforeAll(() => {
    project = new CustomerProject(samples());
  });
  afterAll(async () => {
    await server?.remove();
    project.remove();
  });

  it(
    "compiles in a customer's project, and runs: guards, a channel and a factor type of his own",
    async () => {
      expect(await project.compile()).toBe('');
      server = await spawnServer({}, join(project.folder, 'main.js'));
      await listening(server);
      const { http } = server;
      await http.get('/v1/status').expect(200, { status: 'ok' });
      await http.get('/v1/vault').expect(401);

      const person = newPerson();
      const { body: registered } = await http.post('/v1/auth/register').send(person).expect(202);
      const code = await eventually(async () => {
        const { body } = await http.get('/v1/dev/outbox').query({ to: person.email }).expect(200);
        return body[0].code as string;
      });
      await http.post('/v1/auth/email/verify').send({ challengeId: registered.verification.id, code }).expect(204);
      const { body: session } = await http.post('/v1/auth/login').send(person).expect(200);
      const as = ({ accessToken }: SessionDto) => ({
        get: (path: string) => http.get(`/v1${path}`).auth(accessToken, bearer),
        post: (path: string, body = {}) => http.post(`/v1${path}`).auth(accessToken, bearer).send(body),
      });
      await as(session).get('/vault').expect(401);
      await as(session).post('/mfa/factors', { type: 'pager', address: 'not a number' }).expect(400);

      const { body: enrolled } = await as(session).post('/mfa/factors', { type: 'favourite_number' }).expect(201);
      const { number } = enrolled.enrollment;
      await as(session).post(`/mfa/factors/${enrolled.factor.id}/activate`, { code: number }).expect(200);
      const { body: pending } = await http.post('/v1/auth/login').send(person).expect(200);
      const answer = `/mfa/challenges/${pending.mfa.challenge.id}/verify`;
      await as(pending).post(answer, { code: 'none of the numbers' }).expect(422);
      const { body: proved } = await as(pending).post(answer, { code: number }).expect(200);
      const { body: opened } = await as(proved).get('/vault').expect(200);
      expect(opened).toMatchObject({ provedWith: 'favourite_number' });
      await as(proved).post('/vault/transfer').expect(401);
    },
    START_TIMEOUT,
  );
});
