import { Entity } from 'typeorm';
import { Count, Digest, Id, Instant, Line, Ref, Word } from '../database/columns.js';

@Entity('stepgate_session')
export class SessionRow {
  /** The `sid` claim. */
  @Id() id: string;
  @Ref() userId: string;
  /** The User-Agent that signed in. */
  @Line() device: string;
  @Line() ip: string;
  @Instant() authTime: Date;
  @Word() acr: string;
  /** Space-separated. */
  @Line() amr: string;
  @Instant({ nullable: true }) mfaAt: Date | null;
  /** The type of the second factor used. */
  @Word({ nullable: true }) mfaFactor: string | null;
  @Ref({ nullable: true }) mfaFactorId: string | null;
  /** The factor that opened it alone; null when a password did. */
  @Ref({ nullable: true }) openedBy: string | null;
  /** Grows with each change of assurance; access tokens carry it, and those of an earlier one are dead. */
  @Count() epoch: number;
  /** SHA-256 of the newest refresh token's secret. */
  @Digest() refreshHash: string;
  /** How many tokens came before the newest. */
  @Count() refreshGeneration: number;
  @Instant() createdAt: Date;
  /** When it was opened, refreshed or upgraded last. */
  @Instant() lastUsedAt: Date;
  @Instant() expiresAt: Date;
  /** When access tokens of this session were declared dead last; the revocation feed reads by it. */
  @Instant({ nullable: true }) revokedAt: Date | null;
  @Instant({ nullable: true }) endedAt: Date | null;
  @Word({ nullable: true }) endReason: string | null;
}
