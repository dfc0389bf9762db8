import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { AuditEvent } from './audit-event.js';
import { AuditEventRow } from './audit-event.entity.js';

/** Where security events go. A team implements it, or extends {@link TableAuditSink} to keep the table as well. */
export abstract class AuditSink {
  /**
   * Takes events, oldest first. Called outside of requests; what it throws is logged and the events are offered again.
   * @param events at most 500
   */
  abstract write(events: readonly AuditEvent[]): Promise<void>;
}

/** The default: a table of our own, from which users read their recent events. */
@Injectable()
export class TableAuditSink extends AuditSink {
  constructor(@InjectRepository(AuditEventRow) private readonly rows: Repository<AuditEventRow>) {
    super();
  }

  async write(events: readonly AuditEvent[]): Promise<void> {
    await this.rows.insert(events.map(toRow));
  }
}

function toRow({ detail, ...event }: AuditEvent): AuditEventRow {
  return {
    ...event,
    userId: event.userId ?? null,
    sessionId: event.sessionId ?? null,
    factorType: event.factorType ?? null,
    factorId: event.factorId ?? null,
    detail: detail ? JSON.stringify(detail) : null,
  };
}
