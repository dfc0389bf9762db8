import { Entity } from 'typeorm';
import { Digest, Id, Instant, Line, Ref } from '../../database/columns.js';

/** A device at which its owner need not prove the second factor again when he logs in. */
@Entity('stepgate_trusted_device')
export class TrustedDevice {
  @Id() id: string;
  @Ref() userId: string;
  /** A keyed hash of the token that the client holds. Unique. */
  @Digest() tokenHash: string;
  /** The User-Agent that was remembered. */
  @Line() device: string;
  @Line() ip: string;
  /** The session that was opened with it last. */
  @Ref({ nullable: true }) sessionId: string | null;
  @Instant() createdAt: Date;
  @Instant() lastUsedAt: Date;
  @Instant() expiresAt: Date;
}
