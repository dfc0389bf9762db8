import { Entity } from 'typeorm';
import { Digest, Id, Instant, Line } from '../database/columns.js';

@Entity('stepgate_user')
export class UserRow {
  @Id() id: string;
  @Line() email: string;
  /** Unique. */
  @Digest() emailHash: string;
  @Line({ nullable: true }) displayName: string | null;
  /** A PHC string. */
  @Line() passwordHash: string;
  @Instant() passwordChangedAt: Date;
  @Instant({ nullable: true }) disabledAt: Date | null;
  @Instant() createdAt: Date;
}
