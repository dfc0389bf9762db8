import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, LessThanOrEqual, type Repository } from 'typeorm';
import { Audit } from './audit.service.js';
import { AuditEventRow } from './audit-event.entity.js';

/** Reads the table. */
@Injectable()
export class AuditTrail {
  constructor(
    @InjectRepository(AuditEventRow) private readonly rows: Repository<AuditEventRow>,
    private readonly audit: Audit,
  ) {}

  /** The user's events, newest first. @param before only those older than the event of that id */
  async recent(userId: string, limit: number, before?: string): Promise<AuditEventRow[]> {
    await this.audit.flush();
    const older = before === undefined ? {} : { id: LessThan(before), at: LessThanOrEqual(timeOf(before)) };
    return this.rows.find({ where: { userId, ...older }, order: { at: 'DESC', id: 'DESC' }, take: limit });
  }
}

/** An id starts with its time, so the index finds the page. */
function timeOf(id: string): Date {
  return new Date(parseInt(id.slice(0, 12), 16));
}
