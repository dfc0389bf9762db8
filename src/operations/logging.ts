import type { DynamicModule } from '@nestjs/common';
import { Logger as NestPinoLogger, LoggerModule, type Params, PinoLogger } from 'nestjs-pino';
import { type Logger, type LoggerOptions, pino } from 'pino';
import { logOutput } from './log-output.js';
import { logTime } from './log-time.js';
import { withoutSecrets } from './secret-members.js';

/** Where Nest lists every module and every route at start. */
const CHATTER = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** @param level the least severe level that is written */
export function createLogger(level: string): Logger {
  const options: LoggerOptions = {
    level,
    base: undefined,
    timestamp: () => `,"time":"${logTime()}"`,
    formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
    serializers: { err: serializeError },
  };
  return pino(options, logOutput);
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

/** Nest's own log lines and ours as JSON. Its middleware is left out: requests are logged by `logRequests`. */
export function loggerModule(logger: Logger): DynamicModule {
  return LoggerModule.forRoot({ ...parameters(logger), forRoutes: [] });
}

/** pino-http puts serializers of its own over the logger's: they are given again. */
function parameters(logger: Logger): Params {
  return { pinoHttp: { logger, serializers: { err: serializeError }, wrapSerializers: false } };
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
