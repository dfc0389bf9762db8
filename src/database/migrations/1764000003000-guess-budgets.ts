import { Table, TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columns as c } from '../columns.js';

const optional = { nullable: true };

export class GuessBudgets1764000003000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.addColumns('stepgate_factor', [
      new TableColumn({ ...c.count('failures'), default: 0 }),
      new TableColumn(c.instant('blockedUntil', optional)),
    ]);

    await db.createTable(
      new Table({
        name: 'stepgate_guess_budget',
        columns: [
          c.primaryDigest('subjectHash'),
          c.count('failures'),
          c.instant('lastAt'),
          c.instant('blockedUntil', optional),
        ],
      }),
    );
    await db.createIndex(
      'stepgate_guess_budget',
      new TableIndex({ name: 'ix_guess_budget_last', columnNames: ['lastAt'] }),
    );

    await db.createTable(
      new Table({
        name: 'stepgate_country_traffic',
        columns: [c.primaryDigest('country'), c.count('sent'), c.count('reached'), c.instant('resetAt')],
      }),
    );

    await db.createTable(
      new Table({
        name: 'stepgate_source_budget',
        columns: [c.primaryDigest('sourceHash'), c.count('used'), c.instant('resetAt')],
      }),
    );
    await db.createIndex(
      'stepgate_source_budget',
      new TableIndex({ name: 'ix_source_budget_reset', columnNames: ['resetAt'] }),
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.dropTable('stepgate_source_budget');
    await db.dropTable('stepgate_country_traffic');
    await db.dropTable('stepgate_guess_budget');
    await db.dropColumns('stepgate_factor', ['failures', 'blockedUntil']);
  }
}
