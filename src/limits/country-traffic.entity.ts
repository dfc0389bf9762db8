import { Entity } from 'typeorm';
import { Count, DigestId, Instant } from '../database/columns.js';

@Entity('stepgate_country_traffic')
export class CountryTrafficRow {
  /** A channel and a prefix of its addresses, as in `sms:49`. */
  @DigestId() country: string;
  @Count() sent: number;
  /** Of these, how many codes came back. */
  @Count() reached: number;
  @Instant() resetAt: Date;
}
