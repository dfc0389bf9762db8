import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { jsonBodyOf, nameOf, type Response, type Schema } from '../../src/http/docs/document.js';
import { startApp, type TestApp } from '../support/app.js';
import { Contract } from '../support/contract.js';
import { bearer, login, newPerson, register } from '../support/people.js';

const ROOT = resolve(__dirname, '../..');

/** Notes every route that a controller registers. */
const registered = new Set<string>();

@Module({})
class RouteRecorder implements NestModule {
  constructor(private readonly host: HttpAdapterHost) {}

  /** Called just before the routes are registered. */
  configure(_: MiddlewareConsumer): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) registered.add(`${one} ${url.replace(/:(\w+)/g, '{$1}')}`);
    });
  }
}

describe('the OpenAPI document', () => {
  let app: TestApp;
  let contract: Contract;

  beforeAll(async () => {
    app = await startApp({ own: { imports: [RouteRecorder] } });
    const { body } = await app.http
      .get('/openapi.json')
      .expect(200)
      .expect('content-type', /application\/json/);
    contract = new Contract(body);
  });

  afterAll(() => app.close());

  const operations = () => contract.operations;
  const named = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`;

  it('has every route, and nothing else', () => {
    // Fastify answers HEAD wherever there is a GET.
    // The page at /account is files, not an API.
    const routes = [...registered].filter((route) => !/^HEAD |^GET \/account(\/|$)/.test(route));
    expect(routes.length).toBeGreaterThan(20);
    expect(operations().map(named).sort()).toEqual(routes.sort());
  });

  it('says of every operation what it is called, what it is for, and what can go wrong', () => {
    const tags = contract.document.tags!.map(({ name }) => name);
    for (const { operation, ...route } of operations()) {
      expect({ route: named(route), ...operation }).toMatchObject({
        operationId: expect.stringMatching(/^[a-z][a-zA-Z0-9]+$/),
        summary: expect.stringMatching(/./),
        tags: [expect.stringMatching(new RegExp(`^(${tags.join('|')})$`))],
      });
      expect(Object.keys(operation.responses).some((status) => /^2/.test(status))).toBe(true);
      expect(Object.keys(operation.responses).some((status) => /^4/.test(status))).toBe(true);
    }
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(tags).toEqual([...tags].sort());
  });

  it('asks for a token exactly where the server does', async () => {
    for (const { operation, method, path } of operations()) {
      const { status, body } = await app.http[method as 'get'](path.replace(/{\w+}/g, 'x'));
      const asked = status === 401 && body.code === 'unauthenticated';
      expect({ path, asked }).toEqual({ path, asked: operation.security!.length > 0 });
      if (!asked) continue;
      expect(operation.responses[401]).toMatchObject({
        content: { 'application/problem+json': { examples: { unauthenticated: {}, invalid_token: {} } } },
      });
    }
  });

  it('adds up the problems of class, method and guards', () => {
    const enroll = operations().find(({ operation }) => operation.operationId === 'enrollFactor')!.operation;
    const of = (status: number) => {
      const { content } = enroll.responses[status] as Response;
      return Object.keys(content!['application/problem+json'].examples!);
    };
    expect(of(400)).toEqual(['validation_failed', 'invalid_request']);
    expect(of(401)).toEqual(['unauthenticated', 'invalid_token', 'insufficient_user_authentication']);
    expect(Object.keys(enroll.responses)).toEqual(expect.arrayContaining(['413', '415', '500', '503']));
  });

  it('has an example in every body, and each is as its schema says', () => {
    const broken = operations().flatMap(({ operation, ...route }) => [
      ...[jsonBodyOf(operation)].flatMap((media) =>
        media ? contract.brokenByExamples(media, `${named(route)} body`) : [],
      ),
      ...Object.entries(operation.responses).flatMap(([status, response]) =>
        Object.values((response && 'content' in response && response.content) || {}).flatMap((media) =>
          contract.brokenByExamples(media, `${named(route)} ${status}`),
        ),
      ),
    ]);
    expect(broken).toEqual([]);
  });

  it('has an example for every parameter that must be there', () => {
    for (const { operation, ...route } of operations()) {
      for (const parameter of operation.parameters ?? []) {
        if (!('in' in parameter) || !parameter.required) continue;
        const example = parameter.example ?? (parameter.schema as Schema).example;
        expect([named(route), parameter.name, example]).toEqual([named(route), parameter.name, expect.any(String)]);
      }
    }
  });

  it('tells the type of every member, and how long a text that is sent may be', () => {
    const incomplete = Object.entries(contract.document.components!.schemas!).flatMap(([name, schema]) =>
      Object.entries((schema as Schema).properties ?? {}).flatMap(([member, value]) =>
        '$ref' in value || value.type || value.allOf || value.oneOf ? [] : [`${name}.${member}`],
      ),
    );
    expect(incomplete).toEqual([]);
    const sent = operations().flatMap(({ operation }) => nameOf(jsonBodyOf(operation)?.schema) ?? []);
    const endless = sent.flatMap((name) =>
      Object.entries((contract.document.components!.schemas![name] as Schema).properties!).flatMap(([member, value]) =>
        '$ref' in value || value.type !== 'string' || value.maxLength || value.enum ? [] : [`${name}.${member}`],
      ),
    );
    expect(endless).toEqual([]);
  });

  it('writes down what class-validator checks', () => {
    expect(contract.document.components!.schemas!.RegisterDto).toMatchObject({
      additionalProperties: false,
      required: ['email', 'password'],
      properties: {
        email: { format: 'email', minLength: 3, maxLength: 254 },
        password: { minLength: 8, maxLength: 128 },
        displayName: { minLength: 1, maxLength: 100, pattern: '^[^\\p{Cc}]*$' },
      },
    });
    expect(contract.document.components!.schemas!.ChooseFactorDto).toMatchObject({
      properties: { factors: { minItems: 1, maxItems: 20, items: { minLength: 1, maxLength: 32 } } },
    });
  });

  it('says what @RequireMfa() asks for', () => {
    const at = (path: string) => contract.document.paths[path].get as unknown as Record<string, unknown>;
    expect(at('/v1/examples/mfa')['x-mfa']).toEqual({ acr: 'mfa' });
    expect(at('/v1/examples/mfa-fresh')['x-mfa']).toEqual({ acr: 'mfa', maxAge: 300 });
    expect(at('/v1/examples/phishing-resistant')['x-mfa']).toEqual({ acr: 'phr' });
    expect(at('/v1/examples/signed-in')['x-mfa']).toBeUndefined();
  });

  it('is kept by the answers of the whole way to a guarded route and back', async () => {
    const { email, password } = newPerson();
    const kept = async (answering: ReturnType<TestApp['http']['get']>, status: number) => {
      const answer = await answering;
      expect([answer.status, contract.brokenBy(answer as never)]).toEqual([status, []]);
      return answer.body;
    };
    const post = (path: string, body: object, token?: string) =>
      token === undefined ? app.http.post(path).send(body) : app.http.post(path).auth(token, bearer).send(body);
    const get = (path: string, token: string) => app.http.get(path).auth(token, bearer);

    const { verification } = await kept(post('/v1/auth/register', { email, password }), 202);
    await kept(post('/v1/auth/register', { email }), 400);
    await kept(app.http.post('/v1/auth/register').type('json').send('{'), 400);
    await kept(app.http.post('/v1/auth/register').type('form').send('email=x'), 415);
    await kept(post('/v1/auth/register', { email: 'x'.repeat(20_000) }), 413);
    await kept(get(`/v1/dev/outbox?to=${email}`, ''), 200);
    const challengeId = verification.id;
    await kept(post('/v1/auth/email/verify', { challengeId, code: '-' }), 422);
    await kept(post('/v1/auth/email/verify', { challengeId, code: app.lastCode(email) }), 204);
    await kept(post('/v1/auth/email/verify', { challengeId, code: app.lastCode(email) }), 410);
    await kept(post('/v1/auth/login', { email, password: 'wrong' }), 401);
    const first = await kept(post('/v1/auth/login', { email, password }), 200);
    await kept(get('/v1/examples/mfa', first.accessToken), 401);

    const { factor } = await kept(post('/v1/mfa/factors', { type: 'email' }, first.accessToken), 201);
    const code = app.lastCode(email);
    await kept(post(`/v1/mfa/factors/${factor.id}/activate`, { code }, first.accessToken), 200);
    const pending = await kept(post('/v1/auth/login', { email, password }), 200);
    const { id } = pending.mfa.challenge;
    await kept(get(`/v1/mfa/challenges/${id}`, pending.accessToken), 200);
    await kept(post(`/v1/mfa/challenges/${id}/send`, {}, pending.accessToken), 429);
    await kept(post(`/v1/mfa/challenges/x/verify`, { code }, pending.accessToken), 404);
    const answer = { code: app.lastCode(email) };
    const proved = await kept(post(`/v1/mfa/challenges/${id}/verify`, answer, pending.accessToken), 200);

    const token = proved.accessToken;
    for (const { path } of operations().filter(({ method, path }) => method === 'get' && !path.includes('{'))) {
      const answered = await get(path, token);
      expect([path, contract.brokenBy(answered as never)]).toEqual([path, []]);
    }
    await kept(app.http.patch(`/v1/mfa/factors/${factor.id}`).auth(token, bearer).send({ label: 'Mine' }), 200);
    const last = await kept(post('/v1/auth/refresh', { refreshToken: proved.refreshToken }), 200);
    await kept(app.http.delete(`/v1/mfa/factors/${factor.id}`).auth(last.accessToken, bearer), 204);
    const { accessToken } = await kept(post('/v1/auth/login', { email, password }), 200);
    await kept(post('/v1/auth/logout', {}, accessToken), 204);
    await kept(get('/v1/auth/session', accessToken), 401);
  });

  it('has examples of enrolment that are accepted as they stand', async () => {
    const { accessToken } = await login(app, await register(app));
    const enroll = operations().find(({ operation }) => operation.operationId === 'enrollFactor')!;
    const examples = Object.entries(jsonBodyOf(enroll.operation)!.examples!);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [name, { value }] of examples as [string, { value: object }][]) {
      const { status } = await app.http.post(enroll.path).auth(accessToken, bearer).send(value);
      expect([name, status]).toEqual([name, 201]);
    }
  });

  it("follows redocly's recommended rules without a warning", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stepgate-openapi-'));
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(contract.document));
    const linting = promisify(execFile)(
      process.execPath,
      [join(ROOT, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', file, '--format=json', '--max-problems=20'],
      { cwd: ROOT, env: { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
    );
    const { stdout } = await linting.catch((error: { stdout: string }) => error);
    await rm(folder, { recursive: true });
    expect(JSON.parse(stdout).problems.map(({ message }: { message: string }) => message)).toEqual([]);
  }, 60_000);
});
