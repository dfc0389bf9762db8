/** Codes by which drivers say that the database cannot be reached, or cannot write, for now. */
const UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_FULL',
  'SQLITE_IOERR',
]);

/** Whether the error says that the database is down, so that trying again later makes sense. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, fatal, name } = (error ?? {}) as { code?: string; fatal?: boolean; name?: string };
  // "fatal" is mysql2's word for what ends the connection.
  return fatal === true || (code !== undefined && UNAVAILABLE.has(code)) || name === 'CannotExecuteNotConnectedError';
}
