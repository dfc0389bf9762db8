let second = 0;
let written = '';

/** Now, as lines of the log have it (RFC 3339, in milliseconds, UTC). Only what has changed since the last line is written anew. */
export function logTime(now = Date.now()): string {
  const milliseconds = now % 1_000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    written = new Date(second).toISOString().slice(0, -4);
  }
  return `${written}${String(milliseconds).padStart(3, '0')}Z`;
}
