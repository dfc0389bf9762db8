import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { loadSettings, type Settings, SettingsError } from './config/settings.js';
import { serveDocs } from './http/openapi.js';
import { createHttpAdapter, setUpHttp } from './http/setup.js';
import { logRequests } from './operations/logging.js';

async function start(settings: Settings): Promise<void> {
  const adapter = createHttpAdapter(settings);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(settings), adapter, {
    bufferLogs: true,
    bodyParser: false,
  });
  app.useLogger(app.get(Logger));
  await setUpHttp(app, settings);
  logRequests(app);
  if (settings.docsEnabled) serveDocs(app, settings.publicUrl);
  await app.listen(settings.port, settings.host);
  app.get(Logger).log(`Listening on ${settings.publicUrl}${settings.docsEnabled ? ' (Swagger UI at /docs)' : ''}`);
}

try {
  await start(loadSettings(process.env));
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}
