import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LoggerModule, PinoLogger } from 'nestjs-pino';
import { pino, type Logger } from 'pino';

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

/** @param level the least severe level that is written */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), remove: true },
    serializers: { err: serializeError },
  });
}

/** Nest's own log lines and ours as JSON. Its middleware is left out: requests are logged by {@link logRequests}. */
export function loggerModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: { logger, serializers: { err: serializeError }, wrapSerializers: false },
    forRoutes: [],
  });
}

/** One line for each answer: no query, no headers, no body. */
export function logRequests(app: NestFastifyApplication): void {
  const logger = PinoLogger.root;
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

/** A failed query's error carries its SQL and parameters, which may be secrets: only what it is, and where. */
function serializeError({ name, message, code, stack }: Error & { code?: string }): object {
  const safe = name === 'QueryFailedError' ? 'a query failed' : message;
  return {
    name,
    message: safe,
    code,
    stack: stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
  };
}
