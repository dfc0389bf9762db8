import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables with a `userId`, and whether it may be missing. */
const TABLES = [
  ['stepgate_session', 'NOT NULL'],
  ['stepgate_factor', 'NOT NULL'],
  ['stepgate_trusted_device', 'NOT NULL'],
  ['stepgate_challenge', 'NULL'],
  ['stepgate_audit_event', 'NULL'],
] as const;

/**
 * Ids of a team's own users may differ in case alone, which MySQL and MariaDB ignore unless they are told otherwise: one
 * user would have the sessions and factors of another. SQLite never does.
 */
export class UserIdsByCase1764000007000 implements MigrationInterface {
  up(db: QueryRunner): Promise<void> {
    return this.declare(db, 'CHARACTER SET ascii COLLATE ascii_bin ');
  }

  down(db: QueryRunner): Promise<void> {
    return this.declare(db, '');
  }

  private async declare(db: QueryRunner, collation: string): Promise<void> {
    if (db.dataSource.options.type !== 'mysql') return;
    for (const [table, nullable] of TABLES)
      await db.query(`ALTER TABLE ${table} MODIFY userId varchar(32) ${collation}${nullable}`);
  }
}
