import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columns as c } from '../columns.js';

const optional = { nullable: true };

export class Audit1764000001000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.createTable(
      new Table({
        name: 'stepgate_audit_event',
        columns: [
          c.primaryId(),
          c.instant('at'),
          c.word('type'),
          c.word('outcome'),
          c.ref('userId', optional),
          c.ref('sessionId', optional),
          c.word('factorType', optional),
          c.ref('factorId', optional),
          c.line('ip'),
          c.line('device'),
          c.line('requestId'),
          c.line('detail', optional),
        ],
      }),
    );
    await db.createIndex(
      'stepgate_audit_event',
      new TableIndex({ name: 'ix_audit_event_user', columnNames: ['userId', 'at'] }),
    );
    await db.createIndex('stepgate_audit_event', new TableIndex({ name: 'ix_audit_event_at', columnNames: ['at'] }));

    // A word was too short for most IPv6 addresses.
    await db.changeColumn('stepgate_session', 'ip', new TableColumn(c.line('ip')));
  }

  async down(db: QueryRunner): Promise<void> {
    await db.changeColumn('stepgate_session', 'ip', new TableColumn(c.word('ip')));
    await db.dropTable('stepgate_audit_event');
  }
}
