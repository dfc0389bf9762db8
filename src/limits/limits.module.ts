import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CountryTraffic } from './country-traffic.js';
import { CountryTrafficRow } from './country-traffic.entity.js';
import { GuessBudget } from './guess-budget.js';
import { GuessBudgetRow } from './guess-budget.entity.js';
import { LIMITS_OPTIONS, LimitsConfigurableModule } from './limits.options.js';
import { SendBudget } from './send-budget.js';
import { SendBudgetRow } from './send-budget.entity.js';
import { SourceBudget } from './source-budget.js';
import { SourceBudgetRow } from './source-budget.entity.js';

/** Budgets for guessing and sending. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([SendBudgetRow, GuessBudgetRow, SourceBudgetRow, CountryTrafficRow])],
  providers: [SendBudget, GuessBudget, SourceBudget, CountryTraffic],
  exports: [SendBudget, GuessBudget, SourceBudget, CountryTraffic, LIMITS_OPTIONS],
})
export class LimitsModule extends LimitsConfigurableModule {}
