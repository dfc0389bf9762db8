import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { Table } from '../database/table.js';
import type { AuditEvent } from './audit-event.js';
import { AuditEventRow } from './audit-event.entity.js';

/** Where security events go. A team implements it, or extends {@link TableAuditSink} to keep the table as well. */
export abstract class AuditSink {
  /**
   * Takes events, oldest first. Called outside of requests; what it throws is logged and the events are offered again, all
   * of them: where some may have been kept, their ids tell.
   * @param events at most 500
   */
  abstract write(events: readonly AuditEvent[]): Promise<void>;
}

/** The default: a table of our own, from which users read their recent events. */
@Injectable()
export class TableAuditSink extends AuditSink {
  private readonly table: Table<AuditEventRow>;

  constructor(@InjectRepository(AuditEventRow) private readonly rows: Repository<AuditEventRow>) {
    super();
    this.table = new Table(rows);
  }

  async write(events: readonly AuditEvent[]): Promise<void> {
    const rows = events.map(toRow);
    try {
      await this.insert(rows);
    } catch (error) {
      // Offered before, and written, but the answer was lost with the connection.
      const written = new Set((await this.rows.findBy({ id: In(rows.map(({ id }) => id)) })).map(({ id }) => id));
      if (written.size === 0) throw error;
      await this.insert(rows.filter(({ id }) => !written.has(id)));
    }
  }

  private async insert([first, ...others]: AuditEventRow[]): Promise<void> {
    if (first) await this.table.insert(first, ...others);
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
