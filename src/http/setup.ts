import { randomUUID } from 'node:crypto';
import { VersioningType } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyInstance, RawServerDefault } from 'fastify';
import { BatchedResponse } from './batched-response.js';
import { answerUnreadable } from './client-errors.js';
import { DrainingAdapter, type Patience } from './draining-adapter.js';
import { handleInStep } from './in-step.js';
import { answerUnroutable, ProblemFilter } from './problem.filter.js';
import { securityHeaders } from './security-headers.js';
import { DtoPipe } from './validation.js';

export interface HttpOptions {
  /** Addresses or networks of the proxies whose `X-Forwarded-*` headers count; none unless given. */
  readonly trustProxy: string[];
  /** Where other people's requests come in: a stop takes its time over them. */
  readonly production?: boolean;
  /** Origins that browsers may call from. */
  readonly corsOrigins: string[];
}

/** In bytes. */
const BODY_LIMIT = 16 * 1_024;
/** In milliseconds, for a whole request to arrive. */
const REQUEST_TIMEOUT = 15_000;
const PATIENCE: Patience = { notice: 2_000, drain: 5_000 };
/** In development nobody waits for a server to stop. */
const NO_PATIENCE: Patience = { notice: 0, drain: 0 };
/** What Node takes at the most, in bytes, for the request line and all headers. */
const LONGEST_URL = 16 * 1_024;
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** @param requestTimeout milliseconds for a whole request to arrive; else it is answered with 408 */
export function createHttpAdapter(
  { trustProxy, production = false }: Pick<HttpOptions, 'trustProxy' | 'production'>,
  requestTimeout = REQUEST_TIMEOUT,
): DrainingAdapter {
  const options: FastifyHttpOptions<RawServerDefault> = {
    trustProxy: trustProxy.length > 0 ? trustProxy : false,
    bodyLimit: BODY_LIMIT,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerUnreadable,
    requestTimeout,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // A parameter of any length is an id that is not there, rather than a 414 of Fastify's own making.
    routerOptions: { maxParamLength: LONGEST_URL },
    // Node looks for late requests every 30 seconds unless told otherwise: the timeout would be thrice as long.
    http: {
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: requestTimeout / 5,
      ServerResponse: BatchedResponse,
    },
    genReqId: ({ headers: { 'x-request-id': given } }: { headers: NodeJS.Dict<string | string[]> }) =>
      typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID(),
  };
  return new DrainingAdapter(options, production ? PATIENCE : NO_PATIENCE);
}

/** Everything between the socket and the controllers; the same for `bootstrap.ts` and the tests. */
export async function setUpHttp(app: NestFastifyApplication, { corsOrigins }: HttpOptions): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  acceptJsonOnly(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders(request.url)).header('x-request-id', request.id);
    done();
  });
  handleInStep(fastify);
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  if (corsOrigins.length > 0) {
    app.enableCors({
      // What is no preflight is answered like one, in no words of the library.
      strictPreflight: false,
      origin: corsOrigins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['WWW-Authenticate', 'Retry-After', 'X-Request-Id'],
    });
  }
  app.useGlobalPipes(new DtoPipe());
  app.useGlobalFilters(new ProblemFilter());
}

/** Its own compilers are 146 files that Fastify would load at every start: DTO classes say what a route takes. */
function noSchemas(): never {
  throw new Error('A route has a schema of Fastify; use a DTO class.');
}

/** A form could be sent by any page without asking (ASVS 3.5.2); an empty body is as good as none. */
function acceptJsonOnly(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null);
    else void parse(request, body as string, done);
  });
}
