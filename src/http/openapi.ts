import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ProblemDto } from './api-problem.js';
import { describeConstraints } from './docs/constraints.js';
import { operationsOf } from './docs/document.js';
import { describeExamples } from './docs/examples.js';
import { LIVE_EXAMPLES } from './docs/live-examples.js';
import { fillIn, learn } from './docs/page.js';
import { describeResponses } from './docs/responses.js';

const TITLE = 'Stepgate';

const DESCRIPTION = `
Multi-factor authentication with JSON Web Tokens. From a password to a guarded route in five steps:

1. **Register**: \`POST /v1/auth/register\` mails a code, and \`POST /v1/auth/email/verify\` takes it.
2. **Sign in**: \`POST /v1/auth/login\` answers an access token, good for every route that asks for no second factor.
3. **Enrol a factor**: \`POST /v1/mfa/factors\` sends a code, and \`POST /v1/mfa/factors/{id}/activate\` takes it.
4. **Prove it**: \`POST /v1/auth/login\` now sends a code and answers a challenge. \`POST /v1/mfa/challenges/{id}/verify\`
   takes the code and answers an access token with the MFA claim.
5. **Call a guarded route**: \`GET /v1/examples/mfa\` answers this token with 200, and the one of step 2 with 401.

In Swagger UI the access token of an answer goes into **Authorize** by itself, and when a request is sent, the challenge,
factor and session ids and the refresh token of the examples are replaced by the last real ones that an answer brought.
So every step works as it stands except for the code, \`123456\`, which you take from the message (in development:
\`GET /v1/dev/outbox\`).
`.trim();

const TAGS: readonly [name: string, description: string][] = [
  ['0. Development', 'The outbox: every message that would have been sent. Only while `DELIVERY=outbox`.'],
  ['1. Register', 'An account opens when its address is proved.'],
  ['2. Sign in', 'From a password to a session, and on with refresh tokens.'],
  ['3. Enrol a factor', 'Second factors of the caller.'],
  ['4. Prove a second factor', 'From a code to a token with the MFA claim.'],
  ['5. Guarded routes', 'What `@RequireMfa()` asks for.'],
  ['6. Keys and health', 'For services that verify our tokens, and for whoever runs this server.'],
];

/**
 * The OpenAPI document of the application, which must be initialized. A route needs no decorator to be documented as
 * closed, with the problems that all answer, or with what class-validator checks; `@ApiProblem()` adds its own.
 */
export function createOpenApiDocument(app: INestApplication, publicUrl: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle(TITLE)
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    // Relative: the browser may know the server by another name, and its security policy lets it call no other.
    .addServer(new URL(publicUrl).pathname, 'Where this document was served.')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The `accessToken`.' });
  const document = SwaggerModule.createDocument(app, builder.build(), { extraModels: [ProblemDto] });
  const operations = operationsOf(document);
  for (const [path, operation] of operations) describeResponses(path, operation);
  describeConstraints(document);
  describeExamples(document);
  const used = new Set(operations.flatMap(([, { tags }]) => tags ?? []));
  document.tags = TAGS.filter(([name]) => used.has(name)).map(([name, description]) => ({ name, description }));
  return document;
}

/** Swagger UI at `/docs`, the document at `/openapi.json`. */
export function serveDocs(app: INestApplication, publicUrl: string): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app, publicUrl), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: TITLE,
    customCss: '.swagger-ui .topbar { display: none }',
    swaggerOptions: {
      persistAuthorization: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
      liveExamples: LIVE_EXAMPLES,
      requestInterceptor: fillIn,
      responseInterceptor: learn,
    },
  });
}
