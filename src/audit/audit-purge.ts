import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import { deleteInBatches } from '../database/delete-in-batches.js';
import { Clock } from '../kernel/clock.js';
import { AuditEventRow } from './audit-event.entity.js';
import { AUDIT_OPTIONS, type AuditOptions } from './audit.options.js';
import { eventIdsFrom } from './event-id.js';

/** Deletes events that are older than the retention. */
@Injectable()
export class AuditPurge {
  constructor(
    @InjectRepository(AuditEventRow) private readonly rows: Repository<AuditEventRow>,
    private readonly clock: Clock,
    @Inject(AUDIT_OPTIONS) private readonly options: AuditOptions,
  ) {}

  @Interval(3_600_000)
  async purge(): Promise<void> {
    await deleteInBatches(this.rows, 'id', { id: LessThan(eventIdsFrom(this.clock.ago(this.options.retention))) });
  }
}
