import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Audit } from './audit.service.js';
import { AuditEventRow } from './audit-event.entity.js';
import { AuditConfigurableModule } from './audit.options.js';
import { AuditPurge } from './audit-purge.js';
import { AuditTrail } from './audit-trail.js';

/** Security events: recorded, kept, read, and deleted when they are too old. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([AuditEventRow])],
  providers: [Audit, AuditTrail, AuditPurge],
  exports: [Audit, AuditTrail],
})
export class AuditModule extends AuditConfigurableModule {}
