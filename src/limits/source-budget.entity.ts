import { Entity } from 'typeorm';
import { Count, DigestId, Instant } from '../database/columns.js';

@Entity('stepgate_source_budget')
export class SourceBudgetRow {
  /** A keyed hash of the source address. */
  @DigestId() sourceHash: string;
  @Count() used: number;
  @Instant() resetAt: Date;
}
