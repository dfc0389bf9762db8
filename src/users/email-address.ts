import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';

/**
 * The one spelling of an e-mail address: Unicode normal form, lower case, domain in ASCII.
 * @returns null when the domain cannot be one
 */
export function normalizeEmail(address: string): string | null {
  const text = address.normalize('NFKC').toLowerCase();
  const at = text.lastIndexOf('@');
  const domain = domainToASCII(text.slice(at + 1));
  return at > 0 && domain !== '' ? `${text.slice(0, at)}@${domain}` : null;
}

/** What the database finds an address by: MySQL would call `josé@` and `jose@` the same. */
export function emailHash(normalized: string): string {
  return createHash('sha256').update(normalized).digest('hex');
}
