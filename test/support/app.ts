import { randomBytes } from 'node:crypto';
import type { ModuleMetadata } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import request from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';
import { AppModule, type Replacements } from '../../src/app.module.js';
import { loadSettings, type Settings } from '../../src/config/settings.js';
import { Outbox } from '../../src/delivery/channels/outbox/outbox.js';
import { serveDocs } from '../../src/http/openapi.js';
import { createHttpAdapter, setUpHttp } from '../../src/http/setup.js';
import { Clock } from '../../src/kernel/clock.js';
import { type DatabaseKind, databases, type TestDatabase } from './databases.js';
import { ManualClock } from './manual-clock.js';

export interface AppOptions {
  /** SQLite in memory unless given. */
  readonly database?: DatabaseKind;
  /** A database that another instance has created; it is not dropped at the end. */
  readonly shared?: TestDatabase;
  /** Environment variables. */
  readonly env?: NodeJS.ProcessEnv;
  /** Classes of the team's own in the place of ours. */
  readonly replacements?: Replacements;
  /** Modules and controllers of the team's own. */
  readonly own?: ModuleMetadata;
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  readonly clock?: ManualClock;
  /** Any free one unless given; for pages whose origin the server has to know before it listens. */
  readonly port?: number;
}

/** A whole server on a real port, with a clock that the test moves. */
export interface TestApp {
  readonly url: string;
  readonly clock: ManualClock;
  readonly outbox: Outbox;
  readonly nest: NestFastifyApplication;
  readonly settings: Settings;
  readonly http: TestAgent;
  /** The code in the newest message to that address that brings one. */
  lastCode(to: string): string;
  close(): Promise<void>;
}

/** The root secret of every test server, so that several can share a database. */
const SECRET = randomBytes(48).toString('base64');

export async function startApp(options: AppOptions = {}): Promise<TestApp> {
  const database = options.shared ?? (await (options.database ?? databases[0]).create());
  const clock = options.clock ?? new ManualClock();
  const settings = loadSettings({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    STEPGATE_SECRET: SECRET,
    ...options.env,
    DATABASE_URL: database.url,
  });
  const imports = [AppModule.with(settings, options.replacements), ...(options.own?.imports ?? [])];
  const builder = Test.createTestingModule({ ...options.own, imports })
    .overrideProvider(Clock)
    .useValue(clock);
  const module = await (options.override?.(builder) ?? builder).compile();
  const nest = module.createNestApplication<NestFastifyApplication>(createHttpAdapter(settings), { bodyParser: false });
  await setUpHttp(nest, settings);
  if (settings.docsEnabled) serveDocs(nest, settings.publicUrl);
  try {
    await nest.listen(options.port ?? 0, '127.0.0.1');
  } catch (error) {
    // A start that is stopped, as tests of it want, must not leave timers behind.
    await nest.close();
    if (!options.shared) await database.drop();
    throw error;
  }
  const url = await nest.getUrl();
  const outbox = nest.get(Outbox);
  return {
    url,
    clock,
    outbox,
    nest,
    settings,
    http: request(url),
    lastCode: (to) => {
      // Notices bring none.
      const code = outbox.messages(to).find((message) => message.code !== undefined)?.code;
      if (code === undefined) throw new Error(`No code was sent to ${to}.`);
      return code;
    },
    close: async () => {
      await nest.close();
      if (!options.shared) await database.drop();
    },
  };
}
