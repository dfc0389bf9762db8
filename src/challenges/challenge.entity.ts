import { Entity } from 'typeorm';
import { Body, Count, Id, Instant, Ref, Word } from '../database/columns.js';

/** One open question to one person. */
@Entity('stepgate_challenge')
export class Challenge {
  @Id() id: string;
  /** What a right answer is good for; an answer for another purpose is none. */
  @Word() purpose: string;
  @Ref({ nullable: true }) userId: string | null;
  /** The session that may answer it. */
  @Ref({ nullable: true }) sessionId: string | null;
  @Ref({ nullable: true }) factorId: string | null;
  /** What the answer is checked against; a code only ever as its keyed hash. */
  @Body({ nullable: true }) kept: string | null;
  /** What is to be done when it is answered, sealed. */
  @Body({ nullable: true }) sealed: string | null;
  /** Answers used, right or wrong, over all codes sent. */
  @Count() attempts: number;
  /** `sent` or `failed`; null when nothing is delivered. */
  @Word({ nullable: true }) delivery: string | null;
  /** From when on a new code may be asked for. */
  @Instant({ nullable: true }) resendAt: Date | null;
  @Instant() createdAt: Date;
  @Instant() expiresAt: Date;
  @Instant({ nullable: true }) consumedAt: Date | null;
}
