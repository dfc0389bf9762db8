import { Injectable } from '@nestjs/common';
import { randomDigits, Secrets } from '../kernel/secrets.js';

/** 6 digits: NIST SP 800-63B-4 3.1.3.2, ASVS 6.5.4. */
const LENGTH = 6;
const USE = 'one-time-code';

/** Codes that are sent: how they are made, what is kept of them, and how an answer is compared. */
@Injectable()
export class OneTimeCodes {
  constructor(private readonly secrets: Secrets) {}

  /** A new code for the challenge. `kept` is bound to the challenge, so the code is worth nothing in another. */
  create(challengeId: string): { code: string; kept: string } {
    const code = randomDigits(LENGTH);
    return { code, kept: this.secrets.hash(USE, challengeId, code) };
  }

  matches(challengeId: string, kept: string | null, answer: string): boolean {
    return kept !== null && this.secrets.matches(kept, USE, challengeId, answer);
  }
}
