import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger as NestPinoLogger, LoggerModule, type Params, PinoLogger } from 'nestjs-pino';
import { type Logger, type LoggerOptions, pino } from 'pino';
import { requestOrigin } from '../http/request-context.js';

/** Whatever could carry a secret is removed, wherever an object with such a member is logged (ASVS 16.2.5). */
const SECRET_MEMBERS = [
  'accessToken',
  'authorization',
  'code',
  'cookie',
  'credential',
  'deviceToken',
  'newPassword',
  'currentPassword',
  'password',
  'passwordHash',
  'refreshToken',
  'sealed',
  'secret',
  'token',
];

/** Where Nest lists every module and every route at start. */
const CHATTER = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** Lines wait for each other, in bytes and milliseconds: to write each by itself costs more than to answer a request. */
const BUFFER = { minLength: 4_096, periodicFlush: 100, sync: false };

/** @param level the least severe level that is written */
export function createLogger(level: string): Logger {
  const options: LoggerOptions = {
    level,
    base: undefined,
    mixin: currentRequest,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), remove: true },
    serializers: { err: serializeError },
  };
  return pino(options, pino.destination(BUFFER));
}

/** Nest's logger over `logger`. What Nest tells of itself at start is for debugging, so that level it gets. */
export class NestLogger extends NestPinoLogger {
  constructor(logger: Logger) {
    super(new PinoLogger(parameters(logger)), {});
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(rest.at(-1) as string)) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/** Nest's own log lines and ours as JSON. Its middleware is left out: requests are logged by {@link logRequests}. */
export function loggerModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({ ...parameters(logger), forRoutes: [] });
}

/** pino-http puts serializers of its own over the logger's: they are given again. */
function parameters(logger: Logger): Params {
  return { pinoHttp: { logger, serializers: { err: serializeError }, wrapSerializers: false } };
}

/** One line for each answer: no query, no headers, no body. So there is nothing to redact, which would cost most. */
export function logRequests(app: NestFastifyApplication): void {
  const logger = PinoLogger.root.child({}, { redact: [] });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, url, id: requestId, ip } = request;
    const end = url.indexOf('?');
    const path = end < 0 ? url : url.slice(0, end);
    logger.info(
      { requestId, method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime), ip },
      'request',
    );
    done();
  });
}

/** Every line that is written for a request says for which. */
function currentRequest(): object {
  const { requestId } = requestOrigin();
  return requestId === '-' ? {} : { requestId };
}

/** A failed query's error carries its SQL and parameters, which may be secrets: only what it is, and where. */
function serializeError({ name, message, code, stack }: Error & { code?: string }): object {
  const safe = name === 'QueryFailedError' ? 'a query failed' : message;
  return {
    name,
    message: safe,
    // Not "code": that name is redacted.
    reason: code,
    stack: stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
  };
}
