import { DataSource, type Logger } from 'typeorm';
import type { TestApp } from './app.js';

/** The SQL statements that the app sends while `work` runs, the polls for revocations left out unless asked for. */
export async function statementsDuring(
  app: TestApp,
  work: () => Promise<unknown>,
  { polls = false } = {},
): Promise<string[]> {
  const statements: string[] = [];
  const note = (sql: string) => {
    if (polls || !/revokedAt\W+ > /.test(sql)) statements.push(sql);
  };
  await withStatementsSeen(app, note, work);
  return statements;
}

/** @param logQuery hears of each SQL statement of the app while `work` runs, as it is about to be sent */
export async function withStatementsSeen(
  app: TestApp,
  logQuery: (sql: string) => void,
  work: () => Promise<unknown>,
): Promise<void> {
  const dataSource = app.nest.get(DataSource);
  const before = dataSource.logger;
  const silent = () => undefined;
  const logger: Logger = {
    logQuery,
    logQueryError: silent,
    logQuerySlow: silent,
    logSchemaBuild: silent,
    logMigration: silent,
    log: silent,
  };
  Object.assign(dataSource, { logger });
  try {
    await work();
  } finally {
    Object.assign(dataSource, { logger: before });
  }
}
