import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columns as c } from '../columns.js';

const TABLE = 'stepgate_factor';

export class FactorUniqueKey1764000004000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.addColumn(TABLE, new TableColumn(c.digest('uniqueKey', { nullable: true })));
    // Both databases take any number of NULLs in a unique index.
    await db.createIndex(
      TABLE,
      new TableIndex({ name: 'ux_factor_unique_key', columnNames: ['uniqueKey'], isUnique: true }),
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.dropIndex(TABLE, 'ux_factor_unique_key');
    await db.dropColumn(TABLE, 'uniqueKey');
  }
}
