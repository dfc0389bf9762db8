import { ConfigurableModuleBuilder, type ModuleMetadata, type Type } from '@nestjs/common';
import { AuditSink, TableAuditSink } from './audit-sink.js';

export interface AuditOptions {
  /** How long events are kept, in milliseconds. */
  readonly retention: number;
}

export interface AuditExtras {
  /** Where events go; our own table unless given. */
  sink: Type<AuditSink>;
  /** What that class depends on. */
  imports: NonNullable<ModuleMetadata['imports']>;
}

export const { ConfigurableModuleClass: AuditConfigurableModule, MODULE_OPTIONS_TOKEN: AUDIT_OPTIONS } =
  new ConfigurableModuleBuilder<AuditOptions>({ moduleName: 'Audit' })
    .setClassMethodName('forRoot')
    .setExtras<Partial<AuditExtras>>({}, (definition, { sink = TableAuditSink, imports = [] }) => ({
      ...definition,
      imports: [...(definition.imports ?? []), ...imports],
      providers: [...(definition.providers ?? []), { provide: AuditSink, useClass: sink }],
    }))
    .build();
