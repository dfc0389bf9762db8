import { Entity } from 'typeorm';
import { Id, Instant, Line, Ref, Word } from '../database/columns.js';
import type { AuditEventType, AuditOutcome } from './audit-event.js';

/** Append-only: rows are inserted, and deleted when they are too old. */
@Entity('stepgate_audit_event')
export class AuditEventRow {
  /** Grows with time, so that events of one millisecond keep their order. */
  @Id() id: string;
  @Instant() at: Date;
  @Word() type: AuditEventType;
  @Word() outcome: AuditOutcome;
  @Ref({ nullable: true }) userId: string | null;
  @Ref({ nullable: true }) sessionId: string | null;
  @Word({ nullable: true }) factorType: string | null;
  @Ref({ nullable: true }) factorId: string | null;
  @Line() ip: string;
  @Line() device: string;
  @Line() requestId: string;
  /** JSON. */
  @Line({ nullable: true }) detail: string | null;
}
