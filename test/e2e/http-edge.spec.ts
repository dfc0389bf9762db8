import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  BadGatewayException,
  ConflictException,
  Controller,
  Get,
  HttpException,
  Logger,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { Public } from '../../src/auth/index.js';
import { createHttpAdapter } from '../../src/http/setup.js';
import { CommonProblem } from '../../src/kernel/problem.js';
import { startApp, type TestApp } from '../support/app.js';
import { bearer, eventually, login, register, registerWithEmailFactor } from '../support/people.js';

/** Writes to a socket, and gives all that comes back until the server closes it. */
function overSocket(url: string, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    for (const part of parts) socket.write(part, 'latin1');
  });
}

/** @throws Error unless the answer is `application/problem+json`, as long as it says */
function problemIn(answer: string): unknown {
  const [, head, body] = /^([^]*?)\r\n\r\n([^]*)$/.exec(answer)!;
  expect(head).toMatch(/\r\ncontent-type: application\/problem\+json/i);
  expect(head).toMatch(new RegExp(`\\r\\ncontent-length: ${body.length}(\\r|$)`, 'i'));
  return JSON.parse(body);
}

const INTERNALS = /node_modules|\bat \w+.*:\d+|fastify|nestjs|node\.js|typeorm|v\d+\.\d+\.\d+/i;

@Public()
@Controller('of-a-team')
class OfATeam {
  @Get('forbidden')
  @UseGuards({ canActivate: () => false })
  forbidden(): void {}

  @Get('unauthorized')
  unauthorized(): void {
    throw new UnauthorizedException('of node_modules');
  }

  @Get('conflict')
  conflict(): void {
    throw new ConflictException('The order is paid.');
  }

  @Get('teapot')
  teapot(): void {
    throw new HttpException("I'm a Teapot", 418);
  }

  @Get('bad-gateway')
  badGateway(): void {
    throw new BadGatewayException('of node_modules');
  }

  @Get('failure-of-another-service')
  failureOfAnotherService(): void {
    throw Object.assign(new Error('of node_modules'), { statusCode: 401, code: 'UNAUTHORIZED' });
  }

  @Get('busy')
  busy(): void {
    throw CommonProblem.unavailable();
  }

  @Get('no-such-status')
  noSuchStatus(): void {
    throw new HttpException('of node_modules', 799);
  }
}

describe('the edge', () => {
  let app: TestApp;

  beforeAll(async () => {
    const env = { CORS_ORIGINS: 'https://app.example.com', MFA_ENFORCEMENT: 'routes' };
    app = await startApp({ env, own: { controllers: [OfATeam] } });
  });

  afterAll(() => app.close());

  it.each([
    ['/v1/examples/public', "default-src 'none'; frame-ancestors 'none'", 'DENY'],
    ['/v1/auth/session', "default-src 'none'; frame-ancestors 'none'", 'DENY'],
    ['/nowhere', "default-src 'self';", 'SAMEORIGIN'],
    ['/health/live', "default-src 'self';", 'SAMEORIGIN'],
    ['/docs', "default-src 'self';", 'SAMEORIGIN'],
  ])(
    'sends the headers that keep a browser from harm with an answer to %s, and says nothing of what runs here',
    async (path, policy, framing) => {
      const { headers } = await app.http.get(path);
      expect(headers).toMatchObject({
        'strict-transport-security': expect.stringContaining('max-age=31536000'),
        'x-content-type-options': 'nosniff',
        'x-frame-options': framing,
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringContaining(policy),
        'x-request-id': expect.any(String),
      });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
    },
  );

  it('names the request also where its path cannot be read', async () => {
    const { body, headers } = await app.http.get('/%zz').set('X-Request-Id', 'mine-44').expect(400);
    expect([body.requestId, headers['x-request-id']]).toEqual(['mine-44', 'mine-44']);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  });

  it("says what a team's own guard or controller refuses as its own refusals are said", async () => {
    const { body: forbidden } = await app.http.get('/v1/of-a-team/forbidden').expect(403);
    expect(forbidden.code).toBe('forbidden');
    const { body: closed, headers } = await app.http.get('/v1/of-a-team/unauthorized').expect(401);
    expect([closed.code, headers['www-authenticate']]).toEqual(['unauthenticated', 'Bearer']);
    expect(JSON.stringify(closed)).not.toMatch(INTERNALS);
  });

  it.each([
    ['conflict', 409, { code: 'conflict', title: 'Conflict.', detail: 'The order is paid.' }],
    ['teapot', 418, { code: 'i_m_a_teapot', title: "I'm a Teapot." }],
    ['bad-gateway', 502, { code: 'bad_gateway', title: 'Bad Gateway.' }],
    ['no-such-status', 500, { code: 'internal_error' }],
    ['failure-of-another-service', 500, { code: 'internal_error' }],
  ])("says a team's own %s as it was thrown, and nothing of what lies behind it", async (path, status, said) => {
    const { body, type } = await app.http.get(`/v1/of-a-team/${path}`).expect(status);
    expect(type).toBe('application/problem+json');
    expect(body).toMatchObject({ status, ...said });
    if (!('detail' in said)) expect(body).not.toHaveProperty('detail');
  });

  it('logs what nobody meant, and no problem that was', async () => {
    const error = jest.spyOn(Logger.prototype, 'error');
    await app.http.get('/v1/of-a-team/busy').expect(503);
    expect(error).not.toHaveBeenCalled();
    await app.http.get('/v1/of-a-team/failure-of-another-service').expect(500);
    expect(error).toHaveBeenCalledTimes(1);
    error.mockRestore();
  });

  it('takes a body that breaks off for no failure of its own', async () => {
    const error = jest.spyOn(Logger.prototype, 'error');
    const arrived = new Promise((resolve) => app.nest.getHttpServer().once('request', resolve));
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(app.url).port) });
    const head = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 100';
    socket.write(`POST /v1/auth/login HTTP/1.1\r\n${head}\r\n\r\n{"email"`);
    const request = (await arrived) as IncomingMessage;
    socket.destroy();
    await new Promise((resolve) => request.once('close', resolve));
    await app.http.get('/v1/examples/public').expect(200);
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });

  it.each(['/docs/../x', '/docs/./x', '/docs//x', '/docs/%00', '/docs/%5c..%5cx'])(
    'has nothing at %s, and no error of its own',
    async (path) => {
      const answer = await overSocket(app.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[034] /);
      expect(answer).not.toMatch(INTERNALS);
    },
  );

  it('takes no route with a schema of Fastify, which nothing would check', async () => {
    const fastify = createHttpAdapter({ trustProxy: [] }).getInstance();
    fastify.post('/', { schema: { body: { type: 'object' } } }, () => 'read');
    await expect(fastify.ready()).rejects.toThrow('schema');
  });

  it('lets nothing with a token or a challenge in it be stored', async () => {
    const ada = await registerWithEmailFactor(app);
    const signedIn = await app.http.post('/v1/auth/login').send({ email: ada.email, password: ada.password });
    const { accessToken, refreshToken, mfa } = signedIn.body;
    const answers = [
      signedIn,
      await app.http.get('/v1/auth/session').auth(accessToken, bearer),
      await app.http.get(`/v1/mfa/challenges/${mfa.challenge.id}`).auth(accessToken, bearer),
      await app.http.post('/v1/mfa/challenges').auth(accessToken, bearer),
      await app.http
        .post(`/v1/mfa/challenges/${mfa.challenge.id}/verify`)
        .auth(accessToken, bearer)
        .send({ code: 'wrong' }),
      await app.http.post('/v1/auth/refresh').send({ refreshToken }),
      await app.http.post('/v1/auth/refresh').send({ refreshToken: 'none' }),
      await app.http.post('/v1/auth/passkey/options'),
      await app.http.post('/v1/auth/register').send({ email: 'new@example.com', password: ada.password }),
    ];
    expect(answers.map(({ headers }) => headers['cache-control'])).toEqual(answers.map(() => 'no-store'));
  });

  describe('to a page of another origin', () => {
    const preflight = (on: TestApp, origin: string) =>
      on.http.options('/v1/auth/login').set('Origin', origin).set('Access-Control-Request-Method', 'POST');

    it('opens itself when it is on the list, and its headers with it', async () => {
      const { headers } = await preflight(app, 'https://app.example.com').expect(204);
      expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
      const { headers: got } = await app.http.get('/v1/examples/public').set('Origin', 'https://app.example.com');
      expect(got['access-control-expose-headers']).toContain('WWW-Authenticate');
      expect(got).not.toHaveProperty('access-control-allow-credentials');
      expect(got.vary).toMatch(/origin/i);
    });

    it('lets the page call every method that a route has', async () => {
      const { headers } = await preflight(app, 'https://app.example.com');
      const allowed = headers['access-control-allow-methods'].split(/, */);
      const { body } = await app.http.get('/openapi.json').expect(200);
      const methods = Object.values<object>(body.paths).flatMap((path) => Object.keys(path));
      expect(allowed).toEqual(expect.arrayContaining([...new Set(methods)].map((method) => method.toUpperCase())));
    });

    it.each(['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null'])(
      'stays closed to %s',
      async (origin) => {
        expect((await preflight(app, origin)).headers).not.toHaveProperty('access-control-allow-origin');
        const { headers } = await app.http.get('/v1/examples/public').set('Origin', origin);
        expect(headers).not.toHaveProperty('access-control-allow-origin');
      },
    );

    it('stays closed to all when none is on the list', async () => {
      const closed = await startApp();
      try {
        for (const origin of ['https://app.example.com', closed.url])
          expect((await preflight(closed, origin)).headers).not.toHaveProperty('access-control-allow-origin');
      } finally {
        await closed.close();
      }
    });
  });

  it('takes a body of 16 KiB, and not one byte more', async () => {
    const post = (bytes: number) => {
      const empty = JSON.stringify({ refreshToken: '' }).length;
      return app.http.post('/v1/auth/refresh').send({ refreshToken: 'x'.repeat(bytes - empty) });
    };
    await post(16_384).expect(400);
    const { body } = await post(16_385).expect(413);
    expect(body.code).toBe('payload_too_large');
  });

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    'takes the method from the request line, whatever %s says',
    async (header) => {
      await app.http.get('/v1/auth/login').set(header, 'POST').expect(404);
      await app.http.post('/v1/auth/login?_method=GET').set(header, 'GET').send({}).expect(400);
    },
  );

  it('asks for a token before it says that something is not there', async () => {
    for (const path of ['/v1/mfa/challenges/none', `/v1/mfa/challenges/${'0'.repeat(32)}`])
      await app.http.get(path).expect(401);
    await app.http.delete('/v1/mfa/factors/none').expect(401);
    await app.http.delete('/v1/auth/sessions/none').expect(401);
  });

  describe('over a bare socket', () => {
    it.each([
      ['no HTTP', 'nonsense\r\n\r\n'],
      ['a version that there is not', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
      ['a header that is none', 'GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n'],
      ['two lengths', 'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
      [
        'a length and chunks',
        'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['a length that is no number', 'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
      ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
      ['a byte in a header that may not be there', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\u0000b\r\n\r\n'],
    ])('answers %s with 4xx, and not a word of what is inside', async (_, request) => {
      const answer = await overSocket(app.url, request);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toMatch(INTERNALS);
      const status = Number(answer.slice('HTTP/1.1 '.length).slice(0, 3));
      expect(problemIn(answer)).toMatchObject({
        status,
        code: status === 431 ? 'headers_too_large' : 'invalid_request',
      });
      expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
    });

    it('waits no longer than it was told for headers, and for a body', async () => {
      const patience = 300;
      const fastify = createHttpAdapter({ trustProxy: [] }, patience).getInstance();
      fastify.post('/', () => 'read');
      await fastify.listen({ host: '127.0.0.1', port: 0 });
      try {
        const url = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`;
        const slow = [
          'POST / HTTP/1.1\r\nHost: x\r\nX-Slow:',
          'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
        ];
        for (const request of slow) {
          const since = performance.now();
          const answer = await overSocket(url, request);
          expect(answer).toMatch(/^HTTP\/1\.1 408 /);
          expect(answer).not.toMatch(INTERNALS);
          expect(problemIn(answer)).toMatchObject({ status: 408, code: 'request_timeout' });
          const took = performance.now() - since;
          expect(took).toBeGreaterThanOrEqual(patience - 20);
          expect(took).toBeLessThan(10 * patience);
        }
      } finally {
        await fastify.close();
      }
    });
  });

  it.each(['Host', 'X-Forwarded-Host', 'Forwarded', 'X-Original-Host', 'X-Forwarded-Server'])(
    'sends no link to where %s points',
    async (header) => {
      const ada = await register(app);
      app.clock.advance('61s');
      const value = header === 'Forwarded' ? 'host=evil.example;proto=https' : 'evil.example';
      await app.http.post('/v1/auth/password/forgot').set(header, value).send({ email: ada.email }).expect(202);
      const mail = await eventually(() => {
        const found = app.outbox.messages(ada.email).find(({ subject }) => subject.includes('Choose a new password'));
        expect(found).toBeDefined();
        return found!;
      });
      expect(mail.text).toContain('http://localhost:3000/account#token=');
      expect(JSON.stringify(mail)).not.toContain('evil');
    },
  );
});

describe('the source of a request', () => {
  /** How many requests to the route the source has left, after one that says it comes from there. */
  async function left(app: TestApp, forwardedFor?: string, path = '/v1/auth/refresh'): Promise<number> {
    const call = app.http.post(path).send({ refreshToken: 'none' });
    const { headers } = await (forwardedFor === undefined ? call : call.set('X-Forwarded-For', forwardedFor));
    return Number(/r=(\d+)/.exec(headers.ratelimit ?? '')?.[1]);
  }

  const GARBAGE = ['198.51.100.1', 'garbage', '', '2001:db8::1', '1, 2, 3', '127.0.0.1', 'x'.repeat(8_000), '::', '-1'];

  it('is the socket without a proxy that is trusted, whatever X-Forwarded-For says', async () => {
    const app = await startApp({ env: { SOURCE_LIMITS: 'true' } });
    try {
      const first = await left(app);
      for (const [index, value] of GARBAGE.entries()) expect(await left(app, value)).toBe(first - 1 - index);
      const ada = await register(app);
      for (const value of GARBAGE) {
        const attempt = app.http.post('/v1/auth/login').set('X-Forwarded-For', value);
        await attempt.send({ email: ada.email, password: 'not the password' }).expect(401);
      }
      const events = await app.http.get('/v1/auth/events').auth((await login(app, ada)).accessToken, bearer);
      expect(new Set(events.body.events.map(({ ip }: { ip: string }) => ip))).toEqual(new Set(['127.0.0.1']));
    } finally {
      await app.close();
    }
  });

  it('is what a trusted proxy saw, and nothing that was said before it; IPv6 by its /64', async () => {
    const app = await startApp({ env: { SOURCE_LIMITS: 'true', TRUST_PROXY: 'loopback' } });
    try {
      const first = await left(app, '198.51.100.1');
      expect(await left(app, '198.51.100.2')).toBe(first);
      // What the client wrote itself stands to the left of what the proxy added.
      expect(await left(app, '203.0.113.1, 198.51.100.1')).toBe(first - 1);
      expect(await left(app, 'garbage, 198.51.100.1')).toBe(first - 2);
      expect(await left(app, '2001:db8:0:1::1')).toBe(first);
      expect(await left(app, '2001:db8:0:1:ffff::2')).toBe(first - 1);
      expect(await left(app, '2001:0DB8:0:0001::3')).toBe(first - 2);
      expect(await left(app, '2001:db8:0:2::1')).toBe(first);
      for (const value of GARBAGE) {
        const { status } = await app.http
          .post('/v1/auth/refresh')
          .set('X-Forwarded-For', value)
          .send({ refreshToken: 'x' });
        expect([value, status]).toEqual([value, 401]);
      }
    } finally {
      await app.close();
    }
  });

  it('has one bucket for a route, however its path is spelled: what reaches the route counts, the rest is not there', async () => {
    const app = await startApp({ env: { SOURCE_LIMITS: 'true' } });
    try {
      const first = await left(app);
      for (const path of ['/V1/auth/refresh', '/v1/auth/Refresh', '//v1/auth/refresh', '/v1/auth/refresh/'])
        expect([path, await left(app, undefined, path)]).toEqual([path, NaN]);
      for (const path of ['/v1/auth%2frefresh', '/v1/auth/refresh;x=1'])
        expect([path, await left(app, undefined, path)]).toEqual([path, NaN]);
      expect(await left(app, undefined, '/v1/auth/%72efresh')).toBe(first - 1);
      expect(await left(app, undefined, '/v1/auth/refresh?x=1')).toBe(first - 2);
    } finally {
      await app.close();
    }
  });
});
