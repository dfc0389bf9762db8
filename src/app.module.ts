import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { AccountPageModule } from './account-page/account-page.module.js';
import { AuditModule } from './audit/audit.module.js';
import type { AuditExtras } from './audit/audit.options.js';
import { AuthModule, JwtGuard } from './auth/index.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import type { DeliveryExtras } from './delivery/delivery.options.js';
import { OutboxModule } from './delivery/outbox.controller.js';
import { ExamplesModule } from './examples/examples.module.js';
import { KernelModule } from './kernel/kernel.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { SourceThrottlerGuard } from './limits/throttling/source-throttler.guard.js';
import { MfaGuard, MfaModule, WebAuthnModule } from './mfa/index.js';
import { createLogger, loggerModule } from './operations/logging.js';
import { MetricsModule } from './operations/metrics.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { TokensModule } from './tokens/tokens.module.js';
import { type UsersExtras, UsersModule } from './users/users.module.js';

const DAY = 86_400_000;

/** Classes of a team's own in the place of ours, each with the modules that it depends on. */
export interface Replacements {
  /** Where users live. */
  readonly users?: Partial<UsersExtras>;
  /** Who carries text messages. */
  readonly delivery?: DeliveryExtras;
  /** Where security events go. */
  readonly audit?: Partial<AuditExtras>;
}

/** Also what `npm run keys:rotate` works with. */
export function tokensModule({ issuer, audience, algorithm, accessTokenTtl }: Settings): DynamicModule {
  return TokensModule.forRoot({ issuer, audience, algorithm, accessTokenTtl, keyMaxAge: 90 * DAY });
}

/** The server: every module with its settings, and the guards in the order in which a request meets them. */
@Module({})
export class AppModule {
  static with(settings: Settings, { users = {}, delivery, audit }: Replacements = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [
        loggerModule(createLogger(settings.logLevel)),
        ScheduleModule.forRoot(),
        KernelModule.forRoot({ rootSecret: settings.rootSecret }),
        DatabaseModule.forRoot({ url: settings.databaseUrl }),
        AuditModule.forRoot({ retention: settings.auditRetention, ...audit }),
        UsersModule.forRoot(users),
        tokensModule(settings),
        SessionsModule.forRoot({
          idleTtl: settings.sessionIdleTtl,
          ttl: settings.sessionTtl,
          redisUrl: settings.redisUrl,
        }),
        LimitsModule.forRoot({ perSource: settings.sourceLimits, redisUrl: settings.redisUrl }),
        DeliveryModule.forRoot({
          mode: settings.delivery,
          smtpUrl: settings.smtpUrl,
          mailFrom: settings.mailFrom,
          productName: settings.productName,
          passwordResetUrl: settings.passwordResetUrl,
          site: new URL(settings.publicUrl).hostname,
          smsCountries: settings.smsCountries,
          ...delivery,
        }),
        AuthModule,
        MfaModule.forRoot({
          enforcement: settings.mfaEnforcement,
          productName: settings.productName,
          trustedDeviceTtl: settings.trustedDeviceTtl,
        }),
        WebAuthnModule.forRoot({ ...settings.webauthn, rpName: settings.productName }),
        OperationsModule.forRoot({ redisUrl: settings.redisUrl }),
        ...(settings.metricsEnabled ? [MetricsModule] : []),
        ...(settings.accountPageEnabled ? [AccountPageModule] : []),
        ...(settings.delivery === 'outbox' ? [OutboxModule] : []),
        ...(settings.production ? [] : [ExamplesModule]),
      ],
      providers: [
        { provide: APP_GUARD, useExisting: SourceThrottlerGuard },
        { provide: APP_GUARD, useExisting: JwtGuard },
        { provide: APP_GUARD, useExisting: MfaGuard },
      ],
    };
  }
}
