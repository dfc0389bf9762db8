import { request as httpRequest } from 'node:http';
import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/app.js';
import { bearer, login, type Person, registerWithEmailFactor, signInWithMfa } from '../support/people.js';

interface Route {
  readonly method: 'post' | 'patch' | 'get' | 'delete';
  readonly path: string;
  /** A documented body. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** The caller's token; none on a public route. */
  readonly token?: string;
}

const HUGE = 'x'.repeat(15 * 1_024);
const NO_STRINGS: readonly unknown[] = [[], ['a'], {}, { a: 1 }, 7, 0, true, null];
const NO_FLAGS: readonly unknown[] = [[], [true], {}, 'true', '', 1, 0, null];
const NO_OBJECTS: readonly unknown[] = [[], [{}], 'text', '', 7, true, null];

/** What each property is not; strings may also be neither empty nor huge. */
const WRONG: Record<string, readonly unknown[]> = {
  preferred: NO_FLAGS,
  rememberDevice: NO_FLAGS,
  credential: NO_OBJECTS,
};
const wrongValues = (property: string): readonly unknown[] => WRONG[property] ?? [...NO_STRINGS, '', HUGE];

let app: TestApp;
let ada: Person & { factorId: string };
let eve: Person & { factorId: string };
/** Of ada: after a login that is not finished, and with the MFA claim. */
let pending: string;
let proved: string;
let challengeId: string;
let routes: Record<string, Route>;

beforeAll(async () => {
  app = await startApp();
  ada = await registerWithEmailFactor(app);
  eve = await registerWithEmailFactor(app);
  proved = (await signInWithMfa(app, ada)).accessToken;
  const session = await login(app, ada);
  pending = session.accessToken;
  challengeId = session.mfa.challenge!.id;
  const { factorId } = ada;
  routes = {
    register: {
      method: 'post',
      path: '/v1/auth/register',
      body: { email: 'new@example.com', password: 'brass gears turn slowly', displayName: 'Ada' },
    },
    'email/verify': { method: 'post', path: '/v1/auth/email/verify', body: { challengeId, code: '123456' } },
    login: {
      method: 'post',
      path: '/v1/auth/login',
      body: { email: ada.email, password: ada.password, deviceToken: 'x' },
    },
    refresh: { method: 'post', path: '/v1/auth/refresh', body: { refreshToken: 'x' } },
    enroll: {
      method: 'post',
      path: '/v1/mfa/factors',
      body: { type: 'sms', phoneNumber: '+4915112345678', label: 'Phone' },
      token: proved,
    },
    activate: { method: 'post', path: `/v1/mfa/factors/${factorId}/activate`, body: { code: '123456' }, token: proved },
    change: {
      method: 'patch',
      path: `/v1/mfa/factors/${factorId}`,
      body: { label: 'Mail', preferred: true },
      token: proved,
    },
    challenge: { method: 'post', path: '/v1/mfa/challenges', body: { factorId }, token: proved },
    send: { method: 'post', path: `/v1/mfa/challenges/${challengeId}/send`, body: { factorId }, token: pending },
    verify: {
      method: 'post',
      path: `/v1/mfa/challenges/${challengeId}/verify`,
      body: { code: '123456', credential: {}, rememberDevice: true },
      token: pending,
    },
  };
});

afterAll(() => app.close());

const ROUTES = [
  'register',
  'email/verify',
  'login',
  'refresh',
  'enroll',
  'activate',
  'change',
  'challenge',
  'send',
  'verify',
];

function call({ method, path, token }: Route) {
  const call = app.http[method](path);
  return token === undefined ? call : call.auth(token, bearer);
}

/** A request as it is, byte for byte. */
function raw(
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  body = '',
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url);
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Every row of every table; but that something was refused may be noted. */
async function everything(): Promise<string> {
  const tables = app.nest
    .get(DataSource)
    .entityMetadatas.map(({ tableName }) => tableName)
    .filter((name) => name !== 'stepgate_audit_event');
  const rows = tables.map((table) => app.nest.get(DataSource).query(`SELECT * FROM ${table} ORDER BY 1`));
  return JSON.stringify(await Promise.all(rows));
}

/** Nothing in the database, and no message, may come of it. */
async function changesNothing(work: () => Promise<void>): Promise<void> {
  const before = [await everything(), app.outbox.messages().length];
  await work();
  expect([await everything(), app.outbox.messages().length]).toEqual(before);
}

const problem = (status: number, code: string) => ({
  type: `urn:stepgate:problem:${code}`,
  title: expect.any(String) as string,
  status,
  code,
  instance: expect.stringMatching(/^\//) as string,
  requestId: expect.any(String) as string,
});

describe.each(ROUTES)('a body that is not as documented, for %s,', (name) => {
  it('in the type of a property is refused, and the property is named', async () => {
    await changesNothing(async () => {
      const route = routes[name];
      for (const property of Object.keys(route.body!)) {
        for (const value of wrongValues(property)) {
          const { status, body } = await call(route).send({ ...route.body, [property]: value });
          const errors = [{ pointer: `/${property}`, detail: expect.any(String) as string }];
          expect([property, value, status, body]).toEqual([
            property,
            value,
            400,
            { ...problem(400, 'validation_failed'), errors },
          ]);
          expect(JSON.stringify(body)).not.toContain(HUGE);
        }
      }
    });
  });

  it('in a property that nobody asked for is refused', async () => {
    await changesNothing(async () => {
      const route = routes[name];
      for (const property of [
        'isAdmin',
        'userId',
        'id',
        'constructor',
        'toString',
        'hasOwnProperty',
        'a/b~c',
        '',
        '😀',
      ]) {
        const { status, body } = await call(route).send({ ...route.body, [property]: 'x' });
        expect([property, status, body.code]).toEqual([property, 400, 'validation_failed']);
        expect(body.errors[0].pointer).toBe(`/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`);
      }
    });
  });

  it('in its form is refused', async () => {
    await changesNothing(async () => {
      const route = routes[name];
      const body = JSON.stringify(route.body);
      const forms: [text: string, status: number, code: string][] = [
        ['{', 400, 'invalid_request'],
        ['{"code":123456', 400, 'invalid_request'],
        [`${body}${body}`, 400, 'invalid_request'],
        [`\u0000${body}`, 400, 'invalid_request'],
        ['undefined', 400, 'invalid_request'],
        ['NaN', 400, 'invalid_request'],
        [body.replace('{', '{"__proto__":{"isAdmin":true},'), 400, 'invalid_request'],
        [body.replace('{', '{"constructor":{"prototype":{"isAdmin":true}},'), 400, 'invalid_request'],
        ['[]', 400, 'validation_failed'],
        [`[${body}]`, 400, 'validation_failed'],
        ['"text"', 400, 'validation_failed'],
        ['7', 400, 'validation_failed'],
        ['true', 400, 'validation_failed'],
        ['null', 400, 'validation_failed'],
        ['[['.repeat(4_000), 400, 'invalid_request'],
        [JSON.stringify({ ...route.body, filler: 'x'.repeat(20 * 1_024) }), 413, 'payload_too_large'],
      ];
      for (const [text, status, code] of forms) {
        const answer = await call(route).set('Content-Type', 'application/json').send(text);
        expect([text.slice(0, 40), answer.status, answer.body]).toEqual([
          text.slice(0, 40),
          status,
          expect.objectContaining(problem(status, code)),
        ]);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      }
    });
  });

  it('in its content type is refused', async () => {
    await changesNothing(async () => {
      const { method, path, token, body } = routes[name];
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/xml',
        'application/json-patch+json',
        'application/vnd.api+json',
        'json',
        ' ',
        undefined,
      ]) {
        const answer = await raw(
          method.toUpperCase(),
          path,
          { ...(type !== undefined && { 'Content-Type': type }), ...(token && { Authorization: `Bearer ${token}` }) },
          JSON.stringify(body),
        );
        expect([type, answer.status, answer.type]).toEqual([type, 415, expect.stringMatching(/problem\+json/)]);
        expect(JSON.parse(answer.body)).toEqual(problem(415, 'unsupported_media_type'));
      }
    });
  });
});

describe('a token that is none', () => {
  const PROTECTED: Route[] = [
    { method: 'get', path: '/v1/auth/session' },
    { method: 'post', path: '/v1/auth/logout' },
    { method: 'get', path: '/v1/mfa/factors' },
    { method: 'post', path: '/v1/mfa/factors' },
    { method: 'post', path: '/v1/mfa/factors/x/activate' },
    { method: 'patch', path: '/v1/mfa/factors/x' },
    { method: 'delete', path: '/v1/mfa/factors/x' },
    { method: 'post', path: '/v1/mfa/challenges' },
    { method: 'get', path: '/v1/mfa/challenges/x' },
    { method: 'post', path: '/v1/mfa/challenges/x/send' },
    { method: 'post', path: '/v1/mfa/challenges/x/verify' },
    { method: 'get', path: '/v1/examples/signed-in' },
    { method: 'get', path: '/v1/examples/mfa' },
  ];

  it.each(PROTECTED)('is refused by $method $path, before the path and the body are looked at', async (route) => {
    await changesNothing(async () => {
      const none = () => [
        undefined,
        '',
        'Bearer',
        'Bearer ',
        'Basic YWRhOnBhc3N3b3Jk',
        `Token ${proved}`,
        `JWT ${proved}`,
        proved,
      ];
      for (const authorization of none()) {
        const call = app.http[route.method](route.path);
        const { status, headers, body } = await (authorization === undefined
          ? call
          : call.set('Authorization', authorization));
        expect([authorization, status, headers['www-authenticate'], body]).toEqual([
          authorization,
          401,
          'Bearer',
          problem(401, 'unauthenticated'),
        ]);
      }
      const [header, payload, signature] = proved.split('.');
      for (const garbage of [
        'x',
        '..',
        'null',
        `${header}.${payload}.`,
        `${header}.${payload}`,
        `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
        `${header}..${signature}`,
        `${proved}x`,
        `${proved}.${signature}`,
        `a${'x'.repeat(10_000)}.b.c`,
        `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`,
        '😀',
      ]) {
        const { status, headers, body } = await app.http[route.method](route.path).set(
          'Authorization',
          Buffer.from(`Bearer ${garbage}`).toString('latin1'),
        );
        expect([garbage, status, body]).toEqual([garbage, 401, problem(401, 'invalid_token')]);
        expect(headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
      }
    });
  });

  it('is refused in the query, in the body and in a cookie', async () => {
    await app.http.get(`/v1/auth/session?access_token=${proved}&token=${proved}`).expect(401);
    await app.http.post('/v1/auth/logout').send({ access_token: proved }).expect(401);
    await app.http.get('/v1/auth/session').set('Cookie', `access_token=${proved}`).expect(401);
    await app.http.get('/v1/auth/session').set('X-Authorization', `Bearer ${proved}`).expect(401);
  });

  it('does not get in beside a good one', async () => {
    const both = await raw('GET', '/v1/examples/mfa', { Authorization: [`Bearer ${pending}`, `Bearer ${proved}`] });
    expect(both.status).toBe(401);
    const joined = await raw('GET', '/v1/examples/mfa', { Authorization: `Bearer ${pending}, Bearer ${proved}` });
    expect(joined.status).toBe(401);
  });
});

describe('an id', () => {
  const MALFORMED = [
    'x',
    'f'.repeat(32),
    'f'.repeat(33),
    'f'.repeat(90),
    'f'.repeat(3_000),
    'null',
    'undefined',
    '0',
    '-1',
    '%00',
    '%20',
    '%F0%9F%98%80',
    '..%2f..%2fhealth',
    "'%20OR%20'1'='1",
    '%25',
    '__proto__',
    'constructor',
    '*',
    '[object%20Object]',
  ];
  const WITH_ID: [Route['method'], (id: string) => string, object | undefined][] = [
    ['get', (id) => `/v1/mfa/challenges/${id}`, undefined],
    ['post', (id) => `/v1/mfa/challenges/${id}/send`, {}],
    ['post', (id) => `/v1/mfa/challenges/${id}/verify`, { code: '123456' }],
    ['post', (id) => `/v1/mfa/factors/${id}/activate`, { code: '123456' }],
    ['patch', (id) => `/v1/mfa/factors/${id}`, { label: 'Mine now', preferred: true }],
    ['delete', (id) => `/v1/mfa/factors/${id}`, undefined],
  ];

  it.each(WITH_ID)('that is unknown, malformed or somebody else’s is not found: %s %s', async (method, path, body) => {
    const evesSession = await login(app, eve);
    const theirs = path('x').includes('factors') ? eve.factorId : evesSession.mfa.challenge!.id;
    await changesNothing(async () => {
      for (const id of [...MALFORMED, theirs, ada.factorId.toUpperCase(), challengeId.toUpperCase()]) {
        const answer = await call({ method, path: path(id), token: proved }).send(body);
        expect([id, answer.status, answer.body]).toEqual([id, 404, problem(404, 'not_found')]);
      }
    });
  });

  it('in a body is no different', async () => {
    await changesNothing(async () => {
      for (const id of ['x', 'f'.repeat(32), '../x', '\u0000', '😀', eve.factorId, ada.factorId.toUpperCase()]) {
        for (const { path, token } of [routes.challenge, routes.send]) {
          const answer = await call({ method: 'post', path, token }).send({ factorId: id });
          expect([id, answer.status, answer.body]).toEqual([id, 404, problem(404, 'not_found')]);
        }
        const answer = await app.http.post('/v1/auth/email/verify').send({ challengeId: id, code: '123456' });
        expect([id, answer.status, answer.body]).toEqual([id, 404, problem(404, 'not_found')]);
      }
    });
  });
});

/** The attempt: of the challenge, and in the row of failures of its factor. */
function spentOn(row: Record<string, unknown>, challenge: string, factor: string): Record<string, unknown> {
  if (row.id === challenge && 'attempts' in row) return { ...row, attempts: 1 };
  return row.id === factor && 'failures' in row ? { ...row, failures: 1 } : row;
}

describe('a code', () => {
  it.each([
    ' 123456',
    '123456 ',
    '12 34 56',
    '123-456',
    '１２３４５６',
    '١٢٣٤٥٦',
    '𝟏𝟐𝟑𝟒𝟓𝟔',
    '12345',
    '1234567',
    '000000\n',
    '1e5',
    '0x1E240',
    '+12345',
    '\u0000',
    'null',
    "' OR 1=1 --",
    '😀😀😀😀😀😀',
    '\ud800',
  ])('as %j is a wrong answer: it costs one attempt and nothing else', async (code) => {
    app.clock.advance('61m');
    const person = await registerWithEmailFactor(app);
    const session = await login(app, person);
    const { id } = session.mfa.challenge!;
    const before = JSON.parse(await everything()) as Record<string, unknown>[][];

    const { body } = await app.http
      .post(`/v1/mfa/challenges/${id}/verify`)
      .auth(session.accessToken, bearer)
      .send({ code })
      .expect(422);

    expect(body).toEqual({ ...problem(422, 'invalid_code'), attemptsLeft: 4 });
    const after = JSON.parse(await everything()) as Record<string, unknown>[][];
    const spent = before.map((rows) => rows.map((row) => spentOn(row, id, person.factorId)));
    expect(after).toEqual(spent);
  });
});

describe('a path or method that is not there', () => {
  const KNOWN: Record<string, readonly string[]> = {
    '/v1/auth/register': ['POST'],
    '/v1/auth/email/verify': ['POST'],
    '/v1/auth/login': ['POST'],
    '/v1/auth/refresh': ['POST'],
    '/v1/auth/logout': ['POST'],
    '/v1/auth/session': ['GET', 'HEAD'],
    '/v1/mfa/factors/x/activate': ['POST'],
    '/v1/mfa/challenges/x/send': ['POST'],
    '/v1/mfa/challenges/x/verify': ['POST'],
    '/v1/examples/mfa': ['GET', 'HEAD'],
  };

  it.each(Object.entries(KNOWN))('%s takes %j alone', async (path, methods) => {
    await changesNothing(async () => {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND']) {
        if (methods.includes(method)) continue;
        const body =
          method === 'GET' || method === 'HEAD' || method === 'TRACE' ? '' : JSON.stringify({ email: ada.email });
        const headers = {
          Authorization: `Bearer ${proved}`,
          'X-HTTP-Method-Override': methods[0],
          ...(body && { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }),
        };
        const answer = await raw(method, path, headers, body);
        expect([method, answer.status, answer.type]).toEqual([method, 404, expect.stringMatching(/problem\+json/)]);
      }
    });
  });

  it.each([
    '//v1/auth/login',
    '/v1//auth/login',
    '/v1/auth/login/',
    '/v1/auth%2flogin',
    '/v1/auth%2Flogin',
    '/V1/auth/login',
    '/v1/Auth/Login',
    '/v1/auth/LOGIN',
    '/v1/auth/login;x=1',
    '/v1/auth/./login',
    '/v1/x/../auth/login',
    '/v1/auth/login%20',
    '/v1/auth/login%00',
    '/v1/auth/login.json',
    '/v2/auth/login',
    '/auth/login',
    '/v1/auth\\login',
  ])('%s is not /v1/auth/login', async (path) => {
    await changesNothing(async () => {
      const body = JSON.stringify({ email: ada.email, password: ada.password });
      const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
      const answer = await raw('POST', path, headers, body);
      expect([answer.status, answer.type]).toEqual([404, expect.stringMatching(/problem\+json/)]);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'not_found' });
    });
  });

  it.each([
    '//v1/examples/mfa',
    '/v1/examples/mf%61',
    '/v1/examples/%6dfa',
    '/v1/examples/mfa/',
    '/v1/EXAMPLES/mfa',
    '/v1/examples/mfa?x=/public',
    '/v1/examples/mfa;public',
    '/v1/examples/public%2f..%2fmfa',
  ])('%s opens no guarded route', async (path) => {
    const { status, type } = await raw('GET', path, { Authorization: `Bearer ${pending}` });
    expect([401, 404]).toContain(status);
    expect(type).toMatch(/problem\+json/);
  });

  it.each(['/%', '/%zz', '/v1/mfa/challenges/%E0%A4%A', '/v1/auth/login%', '/%c0%ae%c0%ae/'])(
    '%s cannot be read',
    async (path) => {
      const { status, type, body } = await raw('GET', path, { Authorization: `Bearer ${proved}` });
      expect([status, type]).toEqual([400, expect.stringMatching(/problem\+json/)]);
      expect(JSON.parse(body)).toEqual(problem(400, 'invalid_request'));
    },
  );
});

describe('a query', () => {
  it('that is not as documented is refused', async () => {
    for (const query of ['to=a&to=b', 'to[]=a', 'to[x]=a', 'from=a', `to=${'x'.repeat(300)}`]) {
      const { status, body } = await app.http.get(`/v1/dev/outbox?${query}`);
      expect([query, status, body.code]).toEqual([query, 400, 'validation_failed']);
    }
  });

  it('brings no body: a password in it is none', async () => {
    const { email, password } = ada;
    await app.http.post('/v1/auth/login').query({ email, password }).expect(400);
    await app.http.post('/v1/auth/login').query({ password }).send({ email }).expect(400);
  });
});
