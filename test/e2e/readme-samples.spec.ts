import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CustomerProject } from '../support/customer.js';
import { as, login, register } from '../support/people.js';
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
      const app = await spawnServer({}, join(project.folder, 'main.js'));
      server = app;
      await listening(app);
      await app.http.get('/v1/status').expect(200, { status: 'ok' });
      await app.http.get('/v1/vault').expect(401);

      const person = await register(app);
      const session = await login(app, person);
      await as(app, session).get('/vault').expect(401);
      await as(app, session).post('/mfa/factors', { type: 'pager', address: 'not a number' }).expect(400);

      const { body: enrolled } = await as(app, session).post('/mfa/factors', { type: 'favourite_number' }).expect(201);
      const { number } = enrolled.enrollment;
      await as(app, session).post(`/mfa/factors/${enrolled.factor.id}/activate`, { code: number }).expect(200);
      const pending = await login(app, person);
      const answer = `/mfa/challenges/${pending.mfa.challenge!.id}/verify`;
      await as(app, pending).post(answer, { code: 'none of the numbers' }).expect(422);
      const { body: proved } = await as(app, pending).post(answer, { code: number }).expect(200);
      const { body: opened } = await as(app, proved).get('/vault').expect(200);
      expect(opened).toMatchObject({ provedWith: 'favourite_number' });
      await as(app, proved).post('/vault/transfer').expect(401);
    },
    START_TIMEOUT,
  );
});
