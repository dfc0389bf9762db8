import { DataSource } from 'typeorm';
import { patientOptions } from './options.js';

const LOCK = 'stepgate_migrations';
const LOCK_WAIT_SECONDS = 120;

/**
 * Brings the database up to date. Instances that start together take turns, so each migration runs once.
 * @throws Error when the lock is not to be had within two minutes
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  if (dataSource.options.type === 'better-sqlite3') await migrateSqlite(dataSource);
  else await migrateMysql(await new DataSource(patientOptions(dataSource.options)).initialize());
}

/** SQLite: one write transaction around them all; a second process waits at BEGIN. */
async function migrateSqlite(dataSource: DataSource): Promise<void> {
  await dataSource.query(`PRAGMA busy_timeout = ${LOCK_WAIT_SECONDS * 1_000}`);
  await dataSource.query('BEGIN IMMEDIATE');
  try {
    await dataSource.runMigrations({ transaction: 'none' });
    await dataSource.query('COMMIT');
  } catch (error) {
    await dataSource.query('ROLLBACK');
    throw error;
  } finally {
    await dataSource.query('PRAGMA busy_timeout = 5000');
  }
}

/** MySQL commits at each DDL statement, so a transaction would guard nothing: a named lock does. */
async function migrateMysql(dataSource: DataSource): Promise<void> {
  const holder = dataSource.createQueryRunner();
  try {
    // A named lock is server-wide: the schema's name keeps two applications on one server apart.
    const [row] = (await holder.query(
      `SELECT GET_LOCK(CONCAT('${LOCK}.', LEFT(DATABASE(), 32)), ${LOCK_WAIT_SECONDS}) AS locked`,
    )) as unknown as { locked: unknown }[];
    if (Number(row?.locked) !== 1) throw new Error('Another instance has been migrating the database for two minutes.');
    await dataSource.runMigrations({ transaction: 'none' });
  } finally {
    await holder.release();
    // The lock goes with the connection.
    await dataSource.destroy();
  }
}
