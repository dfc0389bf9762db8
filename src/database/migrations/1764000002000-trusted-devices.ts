import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columns as c } from '../columns.js';

const TABLE = 'stepgate_trusted_device';

export class TrustedDevices1764000002000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.createTable(
      new Table({
        name: TABLE,
        columns: [
          c.primaryId(),
          c.ref('userId'),
          c.digest('tokenHash'),
          c.line('device'),
          c.line('ip'),
          c.ref('sessionId', { nullable: true }),
          c.instant('createdAt'),
          c.instant('lastUsedAt'),
          c.instant('expiresAt'),
        ],
      }),
    );
    for (const [name, column] of [
      ['user', 'userId'],
      ['session', 'sessionId'],
      ['expires', 'expiresAt'],
    ]) {
      await db.createIndex(TABLE, new TableIndex({ name: `ix_trusted_device_${name}`, columnNames: [column] }));
    }
    await db.createIndex(
      TABLE,
      new TableIndex({ name: 'ux_trusted_device_token', columnNames: ['tokenHash'], isUnique: true }),
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.dropTable(TABLE);
  }
}
