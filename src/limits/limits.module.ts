import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SendBudget } from './send-budget.js';
import { SendBudgetRow } from './send-budget.entity.js';

/** Budgets for guessing and sending. */
@Module({
  imports: [TypeOrmModule.forFeature([SendBudgetRow])],
  providers: [SendBudget],
  exports: [SendBudget],
})
export class LimitsModule {}
