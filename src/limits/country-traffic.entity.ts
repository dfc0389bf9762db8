import { Entity } from 'typeorm';
import { Count, DigestId, Instant } from '../database/columns.js';

@Entity('stepgate_country_traffic')
export class CountryTrafficRow {
  /** A channel, a prefix of its addresses and what the messages are for, as in `sms:49:mfa`. */
  @DigestId() country: string;
  @Count() sent: number;
  /** Of these, how many codes came back. */
  @Count() reached: number;
  @Instant() resetAt: Date;
}
