import { Injectable } from '@nestjs/common';
import { dictionary } from '@zxcvbn-ts/language-common';

export const PASSWORD_LENGTH = { min: 8, max: 128 } as const;

/** Shorter words say nothing about their owner. */
const SHORTEST_CONTEXT_WORD = 3;
/** A password with fewer characters than this beside the owner's own words is made of them. */
const LEAST_OF_ITS_OWN = 4;

/** What is wrong with a password; null when nothing is. */
export type PasswordObjection = 'common' | 'personal' | null;

/** Which new passwords are refused (NIST SP 800-63B-4 3.1.1.2, ASVS 6.2.4 and 6.2.11). No composition rules (6.2.5). */
@Injectable()
export class PasswordPolicy {
  private readonly common = new Set(
    dictionary['passwords-common'].filter((word) => word.length >= PASSWORD_LENGTH.min),
  );

  /** @param ownWords the user's address and name, the product's and the company's name */
  objection(password: string, ownWords: readonly (string | null | undefined)[]): PasswordObjection {
    const folded = password.normalize('NFKC').toLowerCase();
    if (this.common.has(folded)) return 'common';
    return isMadeOf(folded, ownWords) ? 'personal' : null;
  }
}

function isMadeOf(password: string, ownWords: readonly (string | null | undefined)[]): boolean {
  const words = ownWords
    .flatMap((text) =>
      text
        ? text
            .normalize('NFKC')
            .toLowerCase()
            .split(/[^\p{L}\p{N}]+/u)
        : [],
    )
    .filter((word) => [...word].length >= SHORTEST_CONTEXT_WORD)
    .sort((a, b) => b.length - a.length);
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), password);
  if (rest === password) return false;
  return [...rest.replace(/[^\p{L}]/gu, '')].length < LEAST_OF_ITS_OWN;
}
