import { Entity } from 'typeorm';
import { Count, DigestId, Instant } from '../database/columns.js';

@Entity('stepgate_send_budget')
export class SendBudgetRow {
  /** A keyed hash of purpose, channel and address. */
  @DigestId() addressHash: string;
  @Instant() lastAt: Date;
  /** Sends in the window that ends at `shortReset`. */
  @Count() shortUsed: number;
  @Instant() shortReset: Date;
  @Count() longUsed: number;
  @Instant() longReset: Date;
}
