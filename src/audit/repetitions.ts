import type { AuditEntry, AuditEventType } from './audit-event.js';

/** Events that whoever holds a token can cause as often as he likes, and at no cost. */
const CHEAP: ReadonlySet<AuditEventType> = new Set(['mfa.insufficient']);
/** So long one row stands for all that say the same, in milliseconds. */
const WINDOW = 60_000;

/**
 * Keeps the holder of one token from filling the table: of cheap events that say the same of one session, one a minute is
 * kept, by each instance. The log has them all.
 */
export class Repetitions {
  /** When each was kept last, oldest first. */
  private readonly kept = new Map<string, number>();

  /** Whether a row of the last minute says the same already. */
  includes({ type, sessionId, detail }: AuditEntry, at: Date): boolean {
    if (!CHEAP.has(type)) return false;
    const now = at.getTime();
    for (const [key, since] of this.kept) {
      if (now - since < WINDOW) break;
      this.kept.delete(key);
    }
    const key = JSON.stringify([type, sessionId, detail]);
    if (this.kept.has(key)) return true;
    this.kept.set(key, now);
    return false;
  }
}
