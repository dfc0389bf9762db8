import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from './config/settings.js';
import { serveDocs } from './http/openapi.js';
import { createHttpAdapter, setUpHttp } from './http/setup.js';
import { createLogger, NestLogger } from './operations/logging.js';
import { logRequests } from './operations/request-log.js';

/**
 * The server, ready to listen: a module between the HTTP edge and the log, with the documentation where the settings want
 * it. On SIGTERM and SIGINT it stops when its last answer is out (docs/operations.md).
 * @param module `AppModule.with(settings)`, or one of a team's own that imports it
 */
export async function createApplication(
  module: Type | DynamicModule,
  settings: Settings,
): Promise<NestFastifyApplication> {
  const logger = new NestLogger(createLogger(settings.logLevel));
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(settings), {
    logger,
    bodyParser: false,
  });
  await setUpHttp(app, settings);
  logRequests(app);
  if (settings.docsEnabled) serveDocs(app, settings.publicUrl);
  if (!settings.hasPasswordResetPage)
    logger.warn('Mailed links to reset a password open no page: set PASSWORD_RESET_URL, or ACCOUNT_PAGE_ENABLED');
  // Once answers are out and the database is closed, the process ends well: with 0, not with the signal.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  return app;
}
