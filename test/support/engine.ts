import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource, type ObjectLiteral, type Repository } from 'typeorm';
import { AuditModule } from '../../src/audit/audit.module.js';
import { Audit } from '../../src/audit/audit.service.js';
import type { AuditEvent } from '../../src/audit/audit-event.js';
import { ChallengesModule } from '../../src/challenges/challenges.module.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { DeliveryModule } from '../../src/delivery/delivery.module.js';
import { Outbox } from '../../src/delivery/channels/outbox/outbox.js';
import { Clock } from '../../src/kernel/clock.js';
import { KernelModule } from '../../src/kernel/kernel.module.js';
import { LimitsModule } from '../../src/limits/limits.module.js';
import { type DatabaseKind, databases } from './databases.js';
import { ManualClock } from './manual-clock.js';

/** Challenges and budgets on a real database, and nothing else: no server, no users. Starts in a fraction of an app. */
export interface TestEngine {
  readonly clock: ManualClock;
  readonly outbox: Outbox;
  /** What was recorded, oldest first. */
  readonly events: AuditEvent[];
  get<T>(part: new (...args: never[]) => T): T;
  rows<Row extends ObjectLiteral>(entity: new () => Row): Repository<Row>;
  close(): Promise<void>;
}

export async function startEngine(kind: DatabaseKind = databases[0], { perSource = true } = {}): Promise<TestEngine> {
  const database = await kind.create();
  const clock = new ManualClock();
  Logger.overrideLogger(false);
  const module = await Test.createTestingModule({
    imports: [
      KernelModule.forRoot({ rootSecret: randomBytes(32) }),
      DatabaseModule.forRoot({ url: database.url }),
      AuditModule.forRoot({ retention: 86_400_000 }),
      LimitsModule.forRoot({ perSource }),
      DeliveryModule.forRoot({
        mode: 'outbox',
        mailFrom: 'stepgate@example.com',
        productName: 'Stepgate',
        passwordResetUrl: 'https://example.com/reset',
        site: 'example.com',
        smsCountries: [],
      }),
      ChallengesModule,
    ],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  await module.init();
  const events: AuditEvent[] = [];
  module.get(Audit).subscribe((event) => events.push(event));
  return {
    clock,
    outbox: module.get(Outbox),
    events,
    get: (part) => module.get(part, { strict: false }),
    rows: (entity) => module.get(DataSource).getRepository(entity),
    close: async () => {
      await module.close();
      await database.drop();
    },
  };
}
