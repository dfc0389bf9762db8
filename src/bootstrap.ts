import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { readEnvFile } from './config/env-file.js';
import { loadSettings, type Settings, SettingsError } from './config/settings.js';
import { serveDocs } from './http/openapi.js';
import { createHttpAdapter, setUpHttp } from './http/setup.js';
import { createLogger, NestLogger } from './operations/logging.js';
import { logRequests } from './operations/request-log.js';

async function start(settings: Settings): Promise<void> {
  const logger = new NestLogger(createLogger(settings.logLevel));
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(settings), createHttpAdapter(settings), {
    logger,
    bodyParser: false,
  });
  await setUpHttp(app, settings);
  logRequests(app);
  if (settings.docsEnabled) serveDocs(app, settings.publicUrl);
  // Once answers are out and the database is closed, the process ends well: with 0, not with the signal.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.listen(settings.port, settings.host);
  for (const line of greeting(settings)) logger.log(line);
}

function* greeting({ publicUrl, docsEnabled, delivery }: Settings): Iterable<string> {
  yield `Listening on ${publicUrl}`;
  if (docsEnabled) yield `Swagger UI: ${publicUrl}/docs`;
  if (delivery === 'outbox') yield `Messages are caught, not sent: ${publicUrl}/v1/dev/outbox`;
}

async function bootstrap(): Promise<void> {
  try {
    readEnvFile();
    await start(loadSettings(process.env));
  } catch (error) {
    console.error(error instanceof SettingsError ? error.message : error);
    process.exit(1);
  }
}

void bootstrap();
