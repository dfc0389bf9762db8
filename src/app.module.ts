import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { AccountPageModule } from './account-page/account-page.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule, JwtGuard } from './auth/index.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
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
import { UsersModule } from './users/users.module.js';

const DAY = 86_400_000;
const PRODUCT_NAME = 'Stepgate';

/** Also what `npm run keys:rotate` works with. */
export function tokensModule({ issuer, audience, algorithm, accessTokenTtl }: Settings): DynamicModule {
  return TokensModule.forRoot({ issuer, audience, algorithm, accessTokenTtl, keyMaxAge: 90 * DAY });
}

/** The server: every module with its settings, and the guards in the order in which a request meets them. */
@Module({})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        loggerModule(createLogger(settings.logLevel)),
        ScheduleModule.forRoot(),
        KernelModule.forRoot({ rootSecret: settings.rootSecret }),
        DatabaseModule.forRoot({ url: settings.databaseUrl }),
        AuditModule.forRoot({ retention: settings.auditRetention }),
        UsersModule.forRoot({}),
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
          productName: PRODUCT_NAME,
          passwordResetUrl: settings.passwordResetUrl,
          site: new URL(settings.publicUrl).hostname,
          smsCountries: settings.smsCountries,
        }),
        AuthModule,
        MfaModule.forRoot({
          enforcement: settings.mfaEnforcement,
          productName: PRODUCT_NAME,
          trustedDeviceTtl: settings.trustedDeviceTtl,
        }),
        WebAuthnModule.forRoot({ ...settings.webauthn, rpName: PRODUCT_NAME }),
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
