import { randomInt } from 'node:crypto';

/** Crockford's base32: no I, L, O or U beside 1 and 0. 5 bits each. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 80 bits; NIST SP 800-63B-4 4.2.1.1 asks for 64. */
const LENGTH = 16;
const CODE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

/** A new code as it is kept: 16 characters, without dashes. */
export function randomCode(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** As people read it: `7QZK-M3WD-0XVA-R9TB`. */
export function grouped(code: string): string {
  return code.replace(/.{4}(?=.)/g, '$&-');
}

/** The code that a person typed, in either case, with or without dashes; null when it can be none. */
export function readCode(typed: string): string | null {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0');
  return CODE.test(code) ? code : null;
}
