import fc from 'fast-check';
import { createOpenApiDocument } from '../../src/http/openapi.js';
import { startApp, type TestApp } from '../support/app.js';
import { bearer, login, registerWithEmailFactor, signInWithMfa } from '../support/people.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly example?: unknown;
  readonly properties?: Record<string, Schema>;
  readonly allOf?: Schema[];
}

interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete' | 'put';
  readonly path: string;
  readonly parameters: { readonly name: string; readonly in: string; readonly example?: string }[];
  readonly body?: Schema;
  readonly responses: string[];
}

const RUNS = 25;
const METHODS = ['get', 'post', 'patch', 'delete', 'put'] as const;

/** Values that break careless code: wrong types, odd text, huge text, and what looks like a prototype. */
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e300,
    '',
    ' ',
    '0',
    '٠١٢٣٤٥',
    '\u0000',
    '../..',
    "' OR 1=1 --",
    '{{7*7}}',
    '\r\nBcc: x@y.z',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ minLength: 5_000, maxLength: 6_000 }),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('$gt', 'constructor', 'length', 'toString', 'a'), fc.string(), { maxKeys: 2 }),
);

describe('whatever is sent to any route', () => {
  let app: TestApp;
  let operations: Operation[];
  let schemas: Record<string, Schema>;
  let tokens: (string | null)[];

  beforeAll(async () => {
    app = await startApp();
    const document = createOpenApiDocument(app.nest, app.url);
    schemas = document.components!.schemas as Record<string, Schema>;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = item[method];
        if (!operation) return [];
        const body = operation.requestBody && 'content' in operation.requestBody ? operation.requestBody.content : {};
        return {
          method,
          path,
          parameters: (operation.parameters ?? []) as Operation['parameters'],
          body: body['application/json']?.schema as Schema | undefined,
          responses: Object.keys(operation.responses),
        };
      }),
    );
    const person = await registerWithEmailFactor(app);
    tokens = [null, 'rubbish', (await login(app, person)).accessToken, (await signInWithMfa(app, person)).accessToken];
  });

  afterAll(() => app.close());

  it('is answered as documented, and never with a failure of ours', async () => {
    expect(operations.length).toBeGreaterThan(15);
    for (const operation of operations) {
      await fc.assert(
        fc.asyncProperty(requestFor(operation), async ({ path, body, token }) => {
          const request = app.http[operation.method](path).ok(() => true);
          if (token !== null) void request.auth(token, bearer);
          const { status } = body === undefined ? await request : await request.send(body as object);
          if (status >= 500 || !operation.responses.includes(String(status))) {
            throw new Error(`${operation.method.toUpperCase()} ${operation.path} answered ${status}`);
          }
        }),
        { numRuns: RUNS },
      );
    }
  }, 300_000);

  function requestFor({ path, parameters, body }: Operation) {
    const values = Object.fromEntries(parameters.map(({ name, example }) => [name, text(example)]));
    return fc
      .record({
        values: fc.record(values),
        body: body ? bodyOf(body) : fc.constant(undefined),
        token: fc.constantFrom(...tokens),
      })
      .map((drawn) => ({ ...drawn, path: fill(path, parameters, drawn.values) }));
  }

  /** The documented body with some fields as documented, some odd, some missing, and perhaps one too many. */
  function bodyOf(schema: Schema): fc.Arbitrary<unknown> {
    const { properties = {} } = resolve(schema);
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, fc.oneof(fc.constant(resolve(field).example), odd)]),
    );
    const surplus = fc.dictionary(fc.constantFrom('role', 'userId', 'mfa', 'constructor'), odd, { maxKeys: 1 });
    return fc.oneof(
      { weight: 8, arbitrary: fc.record(fields, { requiredKeys: [] }) },
      { weight: 2, arbitrary: fc.tuple(fc.record(fields), surplus).map(([own, more]) => ({ ...own, ...more })) },
      { weight: 1, arbitrary: fc.array(odd, { maxLength: 2 }) },
    );
  }

  function resolve(schema: Schema): Schema {
    if (schema.$ref) return resolve(schemas[schema.$ref.replace('#/components/schemas/', '')]);
    return schema.allOf ? schema.allOf.map(resolve).reduce((one, other) => ({ ...one, ...other })) : schema;
  }
});

function text(example = 'x'): fc.Arbitrary<string> {
  const strange = fc.constantFrom('%00', '..%2f..', '%ff', 'null', 'A'.repeat(200), '0'.repeat(32), '%F0%9F%98%80');
  return fc.oneof(fc.constant(example), strange, fc.string({ maxLength: 20 }).map(encodeURIComponent));
}

function fill(path: string, parameters: Operation['parameters'], values: Record<string, string>): string {
  const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => `${name}=${values[name]}`);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] || 'x');
  return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
}
