import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ThrottlerModule, ThrottlerStorageService } from '@nestjs/throttler';
import { BudgetPurge } from './budget-purge.js';
import { CountryTraffic } from './country-traffic.js';
import { CountryTrafficRow } from './country-traffic.entity.js';
import { GuessBudget } from './guess-budget.js';
import { GuessBudgetRow } from './guess-budget.entity.js';
import { LIMITS_OPTIONS, LimitsConfigurableModule, type LimitsOptions } from './limits.options.js';
import { SendBudget } from './send-budget.js';
import { SendBudgetRow } from './send-budget.entity.js';
import { SourceBudget } from './source-budget.js';
import { SourceBudgetRow } from './source-budget.entity.js';
import { SharedThrottlerStorage } from './throttling/throttler-storage.js';

/** Budgets for guessing and sending. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forFeature([SendBudgetRow, GuessBudgetRow, SourceBudgetRow, CountryTrafficRow]),
    ThrottlerModule.forRootAsync({
      inject: [LIMITS_OPTIONS],
      useFactory: ({ redisUrl }: LimitsOptions) => ({
        throttlers: [{ limit: 600, ttl: 60_000 }],
        storage: redisUrl === undefined ? new ThrottlerStorageService() : new SharedThrottlerStorage(redisUrl),
      }),
    }),
  ],
  providers: [SendBudget, GuessBudget, SourceBudget, CountryTraffic, BudgetPurge],
  exports: [SendBudget, GuessBudget, SourceBudget, CountryTraffic, LIMITS_OPTIONS],
})
export class LimitsModule extends LimitsConfigurableModule {}
