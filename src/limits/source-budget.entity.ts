import { Entity } from 'typeorm';
import { Count, DigestId, Instant } from '../database/columns.js';

@Entity('stepgate_source_budget')
export class SourceBudgetRow {
  /** A keyed hash of the source address, and of what is counted. */
  @DigestId() sourceHash: string;
  @Count() used: number;
  @Instant() resetAt: Date;
}
