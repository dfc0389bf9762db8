import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { Clock } from '../kernel/clock.js';
import { CountryTrafficRow } from './country-traffic.entity.js';
import { GuessBudgetRow } from './guess-budget.entity.js';
import { SendBudgetRow } from './send-budget.entity.js';
import { SourceBudgetRow } from './source-budget.entity.js';

/** Milliseconds; longer than any window, wait or memory of a budget. */
const KEPT_FOR = 2 * 86_400_000;

/** Deletes budgets that say nothing any more: a new row counts as they would. */
@Injectable()
export class BudgetPurge {
  constructor(
    @InjectRepository(SendBudgetRow) private readonly sends: Repository<SendBudgetRow>,
    @InjectRepository(GuessBudgetRow) private readonly guesses: Repository<GuessBudgetRow>,
    @InjectRepository(SourceBudgetRow) private readonly sources: Repository<SourceBudgetRow>,
    @InjectRepository(CountryTrafficRow) private readonly countries: Repository<CountryTrafficRow>,
    private readonly clock: Clock,
  ) {}

  @Interval(3_600_000)
  async purge(): Promise<void> {
    const old = LessThan(this.clock.ago(KEPT_FOR));
    await deleteInBatches(this.sends, 'addressHash', { longReset: old });
    await deleteInBatches(this.guesses, 'subjectHash', { lastAt: old });
    await deleteInBatches(this.sources, 'sourceHash', { resetAt: old });
    await deleteInBatches(this.countries, 'country', { resetAt: old });
  }
}
