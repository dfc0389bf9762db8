import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ThrottlerModule, type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
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
import { RequestCounts } from './throttling/request-counts.js';
import { SourceThrottler, SourceThrottlerGuard } from './throttling/source-throttler.guard.js';

/** Budgets for guessing and sending. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forFeature([SendBudgetRow, GuessBudgetRow, SourceBudgetRow, CountryTrafficRow]),
    ThrottlerModule.forRootAsync({
      inject: [LIMITS_OPTIONS, RequestCounts],
      useFactory: async ({ redisUrl }: LimitsOptions, counts: RequestCounts) => ({
        throttlers: [{ limit: 600, ttl: 60_000 }],
        storage:
          redisUrl === undefined ? new ThrottlerStorageService() : await sharedThrottlerStorage(redisUrl, counts),
      }),
    }),
  ],
  providers: [
    SendBudget,
    GuessBudget,
    SourceBudget,
    CountryTraffic,
    RequestCounts,
    SourceThrottler,
    SourceThrottlerGuard,
    BudgetPurge,
  ],
  exports: [SendBudget, GuessBudget, SourceBudget, CountryTraffic, RequestCounts, SourceThrottlerGuard, LIMITS_OPTIONS],
})
export class LimitsModule extends LimitsConfigurableModule {}

async function sharedThrottlerStorage(redisUrl: string, otherwise: ThrottlerStorage): Promise<ThrottlerStorage> {
  const { SharedThrottlerStorage } = await import('./throttling/throttler-storage.js');
  return new SharedThrottlerStorage(redisUrl, otherwise);
}
