import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';

/** RFC 5321, 4.5.3.1.3. */
const LONGEST = 254;
/** No spaces, and none of what separates, quotes or comments in a mail header (RFC 5322, 3.2.3; CVE-2021-23400). */
const PLAIN = /^[^\s\p{C}"(),:;<>@[\\\]]+@[a-z0-9.-]+$/u;

/**
 * The one spelling of an e-mail address: Unicode normal form, lower case, domain in ASCII. Judged in that form, as it
 * turns a full-width sign into the real one.
 * @returns null when it is none, or one that only quotes could write
 */
export function normalizeEmail(address: string): string | null {
  const text = address.normalize('NFKC').toLowerCase();
  const at = text.lastIndexOf('@');
  const normalized = `${text.slice(0, at)}@${domainToASCII(text.slice(at + 1))}`;
  return at > 0 && normalized.length <= LONGEST && PLAIN.test(normalized) ? normalized : null;
}

/** What the database finds an address by: MySQL would call `josé@` and `jose@` the same. */
export function emailHash(normalized: string): string {
  return createHash('sha256').update(normalized).digest('hex');
}
