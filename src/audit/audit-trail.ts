import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
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
    const older = before === undefined ? {} : { id: LessThan(before) };
    return this.rows.find({ where: { userId, ...older }, order: { id: 'DESC' }, take: limit });
  }
}
