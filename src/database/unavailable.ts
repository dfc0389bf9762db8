const DEADLOCK = 'ER_LOCK_DEADLOCK';

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
  DEADLOCK,
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
]);
/** SQLite's codes are precise beyond their first words: `SQLITE_IOERR_WRITE`. */
const SQLITE_UNAVAILABLE = /^SQLITE_(BUSY|CANTOPEN|FULL|IOERR)(_|$)/;

/**
 * Whether the error ended the connection: nobody knows then whether what was asked has been done. "fatal" is mysql2's word
 * for it.
 */
export function endedConnection(error: unknown): boolean {
  return (error as { fatal?: boolean } | null)?.fatal === true;
}

/** Whether the statement was undone because it and another waited for each other, so that trying again at once makes sense. */
export function isBrokenOff(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === DEADLOCK;
}

/** Whether the error says that the database is down, so that trying again later makes sense. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: string; name?: string };
  if (endedConnection(error) || name === 'CannotExecuteNotConnectedError') return true;
  return code !== undefined && (UNAVAILABLE.has(code) || SQLITE_UNAVAILABLE.test(code));
}
