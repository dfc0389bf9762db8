import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import request from 'supertest';
import { bearer, eventually, newPerson } from '../support/people.js';
import { type Server, START_TIMEOUT, startServer } from '../support/server.js';

const SECRET = randomBytes(48).toString('base64');

interface Line {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly requestId?: string;
  readonly path?: string;
  readonly status?: number;
}

describe('the log of a server', () => {
  let server: Server;
  let http: ReturnType<typeof request>;

  beforeAll(async () => {
    server = await startServer();
    http = request(server.url);
  }, START_TIMEOUT);

  afterAll(() => server.remove());

  const lines = (): Line[] =>
    server
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);

  it('says in a few lines where to go', () => {
    const { port } = new URL(server.url);
    expect(lines().map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^New signing key \w+ \(ES256\)/),
      `Listening on http://localhost:${port}`,
      `Swagger UI: http://localhost:${port}/docs`,
      `Messages are caught, not sent: http://localhost:${port}/v1/dev/outbox`,
    ]);
  });

  it(
    'warns in production where mailed links to reset a password would open no page',
    async () => {
      const production = { NODE_ENV: 'production', SMTP_URL: 'smtp://127.0.0.1:1', STEPGATE_SECRET: SECRET };
      const warned = async (env: NodeJS.ProcessEnv) => {
        const started = await startServer({ ...production, ...env });
        await started.remove();
        return started.output().includes('Mailed links to reset a password open no page');
      };
      expect(await warned({})).toBe(true);
      expect(await warned({ ACCOUNT_PAGE_ENABLED: 'true' })).toBe(false);
      expect(await warned({ PASSWORD_RESET_URL: 'https://app.example.com/reset' })).toBe(false);
    },
    START_TIMEOUT,
  );

  it('carries the request id that the client gave, or got', async () => {
    await http.get('/v1/examples/public?secret=1').set('X-Request-Id', 'mine-42').expect(200);
    const { headers } = await http.get('/v1/nowhere').expect(404);
    await eventually(() => {
      const find = (id: string) => lines().find(({ requestId }) => requestId === id);
      expect(find('mine-42')).toMatchObject({ level: 'info', path: '/v1/examples/public', status: 200 });
      expect(find(headers['x-request-id'])).toMatchObject({ path: '/v1/nowhere', status: 404 });
    });
  });

  it('keeps a line one line, whatever a path holds', async () => {
    const path = '/v1/a"b\\c{}';
    await new Promise((resolve) => get(server.url, { path }, (answer) => answer.resume().once('end', resolve)));
    await eventually(() =>
      expect(lines().at(-1)).toMatchObject({ path: expect.stringContaining('a"b\\c{}'), status: 404 }),
    );
  });

  it('keeps lines whole and in order, however long one is', async () => {
    const paths = ['/v1/before', `/v1/${'long'.repeat(2_000)}`, '/v1/after'];
    for (const path of paths) await http.get(path).expect(404);
    await eventually(() => expect(lines().slice(-3)).toMatchObject(paths.map((path) => ({ path, status: 404 }))));
  });

  it(
    'writes what still waits when it ends',
    async () => {
      const ended = await startServer();
      await request(ended.url).get('/v1/last').expect(404);
      ended.signal('SIGTERM');
      await ended.exited;
      expect(ended.output()).toContain('"path":"/v1/last"');
      await ended.remove();
    },
    START_TIMEOUT,
  );

  it(
    'carries it on lines of services too',
    async () => {
      const unreachable = await startServer({ DELIVERY: 'live', SMTP_URL: 'smtp://127.0.0.1:1' });
      await request(unreachable.url)
        .post('/v1/auth/register')
        .set('X-Request-Id', 'mine-43')
        .send(newPerson())
        .expect(202);
      await eventually(() =>
        expect(unreachable.output()).toMatch(/"level":"warn".*"requestId":"mine-43".*message over email failed/),
      );
      await unreachable.remove();
    },
    START_TIMEOUT,
  );

  it('holds no password, code or token, whatever was done', async () => {
    const secrets: string[] = [];
    const { email, password } = newPerson();
    const code = async () => {
      const { body } = await http.get('/v1/dev/outbox').query({ to: email }).expect(200);
      secrets.push(body[0].code);
      return body[0].code as string;
    };
    const note = ({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }) => {
      // Of a JWT the last part is enough to know it by; the first is the same for all.
      secrets.push(accessToken.split('.')[2], refreshToken);
      return accessToken;
    };
    const { body: registered } = await http.post('/v1/auth/register').send({ email, password }).expect(202);
    const { id: challengeId } = registered.verification;
    await http
      .post('/v1/auth/email/verify')
      .send({ challengeId, code: await eventually(code) })
      .expect(204);
    await http
      .post('/v1/auth/login')
      .send({ email, password: `${password}, not` })
      .expect(401);
    const first = note((await http.post('/v1/auth/login').send({ email, password }).expect(200)).body);
    const enrolled = await http.post('/v1/mfa/factors').auth(first, bearer).send({ type: 'email' }).expect(201);
    const activation = `/v1/mfa/factors/${enrolled.body.factor.id}/activate`;
    await http.post(activation).auth(first, bearer).send({ code: '000000x' }).expect(422);
    await http
      .post(activation)
      .auth(first, bearer)
      .send({ code: await code() })
      .expect(200);
    const { body: pending } = await http.post('/v1/auth/login').send({ email, password }).expect(200);
    const verification = `/v1/mfa/challenges/${pending.mfa.challenge.id}/verify`;
    const second = http.post(verification).auth(note(pending), bearer);
    const { body: proved } = await second.send({ code: await code() }).expect(200);
    await http.get('/v1/examples/mfa').auth(note(proved), bearer).expect(200);
    await http.get(`/v1/examples/mfa?access_token=${note(proved)}`).expect(401);
    const refresh = http.post('/v1/auth/refresh').send({ refreshToken: proved.refreshToken });
    await http
      .post('/v1/auth/logout')
      .auth(note((await refresh.expect(200)).body), bearer)
      .expect(204);
    await http
      .post('/v1/auth/login')
      .set('Content-Type', 'application/json')
      .send(`{"password":"${password}`)
      .expect(400);

    await eventually(() => expect(lines().at(-1)).toMatchObject({ path: '/v1/auth/login', status: 400 }));
    expect(lines().filter(({ path }) => path).length).toBeGreaterThan(12);
    const log = server.output();
    for (const secret of [password, email, ...secrets]) {
      // Six digits can stand in a time or an id by chance; a code would stand alone.
      const alone = new RegExp(`(?<![\\w.])${secret.replace(/[.+]/g, '\\$&')}(?![\\w.])`);
      expect(log).not.toMatch(alone);
    }
  });
});
