import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { loadSettings } from './config/settings.js';
import { createOpenApiDocument } from './http/openapi.js';
import { createHttpAdapter, setUpHttp } from './http/setup.js';

/** `npm run openapi`: writes the OpenAPI document of the built server, without listening and without a database. */
const FILE = 'openapi.json';

const settings = loadSettings({
  DATABASE_URL: 'sqlite::memory:',
  STEPGATE_SECRET: randomBytes(32).toString('hex'),
  LOG_LEVEL: 'error',
});
const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(settings), createHttpAdapter(settings), {
  bodyParser: false,
  logger: ['error'],
});
await setUpHttp(app, settings);
await app.init();
writeFileSync(FILE, `${JSON.stringify(createOpenApiDocument(app, settings.publicUrl), null, 2)}\n`);
await app.close();
