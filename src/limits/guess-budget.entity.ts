import { Entity } from 'typeorm';
import { Count, DigestId, Instant } from '../database/columns.js';

@Entity('stepgate_guess_budget')
export class GuessBudgetRow {
  /** A keyed hash of who is guessed at, or from where. */
  @DigestId() subjectHash: string;
  /** Wrong answers in a row. */
  @Count() failures: number;
  @Instant() lastAt: Date;
  @Instant({ nullable: true }) blockedUntil: Date | null;
}
