import { Entity } from 'typeorm';
import { Body, Count, Digest, Flag, Id, Instant, Line, Ref, Word } from '../../database/columns.js';

/** `removed`: of such a row only its removal, which has yet to be finished, knows; for all others it is gone. */
export type FactorStatus = 'pending' | 'active' | 'disabled' | 'removed';

/** One thing a user has enrolled. */
@Entity('stepgate_factor')
export class Factor {
  @Id() id: string;
  @Ref() userId: string;
  @Word() type: string;
  @Word() status: FactorStatus;
  @Line() label: string;
  /** Masked; the address itself is sealed. */
  @Line({ nullable: true }) destination: string | null;
  /** What the factor type keeps: an address, a seed, a public key. */
  @Body({ nullable: true }) sealed: string | null;
  /** A keyed hash of what no other factor of the type may have: a credential id. Unique. */
  @Digest({ nullable: true }) uniqueKey: string | null;
  /** Which of the user's places it has; one factor each. Null for what takes none, as recovery codes, or what was removed. */
  @Count({ nullable: true }) slot: number | null;
  @Flag() preferred: boolean;
  @Instant() createdAt: Date;
  @Instant({ nullable: true }) lastUsedAt: Date | null;
  /** Wrong answers in a row, over all challenges. */
  @Count() failures: number;
  /** Until then no answer is taken. */
  @Instant({ nullable: true }) blockedUntil: Date | null;
}
