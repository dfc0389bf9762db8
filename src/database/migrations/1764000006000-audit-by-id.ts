import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLE = 'stepgate_audit_event';

/** Ids grow with time, so that they find what is old as well, and one index less is kept for each event. */
export class AuditById1764000006000 implements MigrationInterface {
  // The new one first: instances of the version before go on reading meanwhile.
  async up(db: QueryRunner): Promise<void> {
    await db.createIndex(TABLE, new TableIndex({ name: 'ix_audit_event_user_id', columnNames: ['userId', 'id'] }));
    await db.dropIndex(TABLE, 'ix_audit_event_user');
    await db.dropIndex(TABLE, 'ix_audit_event_at');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.createIndex(TABLE, new TableIndex({ name: 'ix_audit_event_at', columnNames: ['at'] }));
    await db.createIndex(TABLE, new TableIndex({ name: 'ix_audit_event_user', columnNames: ['userId', 'at'] }));
    await db.dropIndex(TABLE, 'ix_audit_event_user_id');
  }
}
