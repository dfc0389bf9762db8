import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const TAGS: readonly [name: string, description: string][] = [
  ['0. Development', 'The outbox: every message that would have been sent. Only while `DELIVERY=outbox`.'],
  ['1. Register', 'An account opens when its address is proved.'],
  ['2. Sign in', 'From a password to a session, and on with refresh tokens.'],
  ['3. Enrol a factor', 'Second factors of the caller.'],
  ['4. Prove a second factor', 'From a code to a token with the MFA claim.'],
  ['5. Guarded routes', 'What `@RequireMfa()` asks for.'],
  ['6. Keys and health', 'For services that verify our tokens, and for whoever runs this server.'],
];

/** The OpenAPI document of the application. */
export function createOpenApiDocument(app: INestApplication, publicUrl: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Stepgate')
    .setDescription('Multi-factor authentication with JSON Web Tokens.')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(publicUrl)
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  for (const [name, description] of TAGS) builder.addTag(name, description);
  return SwaggerModule.createDocument(app, builder.build());
}

/** Swagger UI at `/docs`, the document at `/openapi.json`. */
export function serveDocs(app: INestApplication, publicUrl: string): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app, publicUrl), {
    jsonDocumentUrl: 'openapi.json',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}
