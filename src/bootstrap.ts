import { Logger } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { readSettings } from './config/read-settings.js';
import { type Settings, SettingsError } from './config/settings.js';
import { createApplication } from './create-application.js';

async function start(settings: Settings): Promise<void> {
  const app = await createApplication(AppModule.with(settings), settings);
  await app.listen(settings.port, settings.host);
  for (const line of greeting(settings)) Logger.log(line);
}

function* greeting({ publicUrl, docsEnabled, delivery }: Settings): Iterable<string> {
  yield `Listening on ${publicUrl}`;
  if (docsEnabled) yield `Swagger UI: ${publicUrl}/docs`;
  if (delivery === 'outbox') yield `Messages are caught, not sent: ${publicUrl}/v1/dev/outbox`;
}

async function bootstrap(): Promise<void> {
  try {
    await start(readSettings());
  } catch (error) {
    console.error(error instanceof SettingsError ? error.message : error);
    process.exit(1);
  }
}

void bootstrap();
