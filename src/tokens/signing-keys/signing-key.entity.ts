import { Entity } from 'typeorm';
import { Body, Count, Id, Instant, Word } from '../../database/columns.js';

@Entity('stepgate_signing_key')
export class SigningKeyRow {
  /** The `kid`. */
  @Id() id: string;
  /** 1, 2, 3, ...; unique, so of two instances that rotate at once one wins and the other reads the winner's key. */
  @Count() generation: number;
  @Word() algorithm: string;
  /** The private (or secret) key as a JWK, sealed. */
  @Body() sealed: string;
  @Instant() createdAt: Date;
  /** From here on it signs. Later than `createdAt`, so that services that cache the JWKS know it by then. */
  @Instant() activeFrom: Date;
}
