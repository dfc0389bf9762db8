/** How long to make a guesser wait: nothing for the first failures, then a wait that doubles with each further one. */
export interface Backoff {
  /** Failures in a row that cost no wait. */
  readonly free: number;
  /** The first wait, and the longest, in milliseconds. */
  readonly firstWait: number;
  readonly longestWait: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Of a second factor (NIST SP 800-63B-4 3.2.2: a growing wait of 30 s up to 1 h). */
export const FACTOR_BACKOFF: Backoff = { free: 4, firstWait: 30 * SECOND, longestWait: HOUR };
/** Wrong answers in a row after which a factor is disabled for good (NIST SP 800-63B-4 3.2.2). */
export const FACTOR_FAILURES_TO_DISABLE = 100;
/**
 * Of an account's password, and of the codes that prove the address of a new one. Never a lock: the owner must not be shut
 * out by a stranger for more than minutes.
 */
export const ACCOUNT_BACKOFF: Backoff = { free: 9, firstWait: 10 * SECOND, longestWait: 15 * MINUTE };
/** Of all passwords tried from one source address in one hour: a whole company may be behind it, mistyping. */
export const SOURCE_BACKOFF: Backoff = { free: 199, firstWait: 30 * SECOND, longestWait: HOUR };
export const SOURCE_WINDOW = HOUR;

/** When the next answer is taken after that many failures in a row; null for at once. */
export function blockedUntil(failures: number, { free, firstWait, longestWait }: Backoff, now: Date): Date | null {
  if (failures <= free) return null;
  const wait = Math.min(longestWait, firstWait * 2 ** Math.min(30, failures - free - 1));
  return new Date(now.getTime() + wait);
}
