import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { tokensModule } from './app.module.js';
import { readSettings } from './config/read-settings.js';
import { type Settings, SettingsError } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { KernelModule } from './kernel/kernel.module.js';
import { SigningKeys } from './tokens/signing-keys/signing-keys.js';

/** `npm run keys:rotate`: puts a new signing key on the ring. Running servers find it within a minute. */
@Module({})
class RotateKeysModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: RotateKeysModule,
      imports: [
        KernelModule.forRoot({ rootSecret: settings.rootSecret }),
        DatabaseModule.forRoot({ url: settings.databaseUrl }),
        tokensModule(settings),
      ],
    };
  }
}

async function rotate(settings: Settings): Promise<void> {
  const app = await NestFactory.createApplicationContext(RotateKeysModule.with(settings), {
    logger: ['error'],
    abortOnError: false,
  });
  const { id, algorithm, activeFrom } = await app.get(SigningKeys).rotate();
  console.log(`New signing key ${id} (${algorithm}); it signs from ${activeFrom.toISOString()}.`);
  await app.close();
}

try {
  await rotate(readSettings());
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : `No new key: ${(error as Error).message}`);
  process.exit(1);
}
