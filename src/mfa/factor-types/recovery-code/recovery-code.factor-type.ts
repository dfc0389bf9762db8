import { randomBytes } from 'node:crypto';
import { Secrets } from '../../../kernel/secrets.js';
import {
  type Accepted,
  type Account,
  type Answer,
  type EnrolledFactor,
  type Enrollment,
  type FactorQuestion,
  type FactorType,
  MfaFactorType,
  type OpenChallenge,
} from '../factor-type.js';
import { grouped, randomCode, readCode } from './code-format.js';

export const RECOVERY_CODE = 'recovery_code';
const SET_SIZE = 10;
const USE = 'recovery-code';

/** What is kept of a set. */
interface RecoveryCodeSet {
  readonly salt: string;
  /** Of the codes that are left: a hash under a key that the database does not hold, beside the salt of ASVS 6.5.2. */
  readonly hashes: readonly string[];
}

/** Something you know and wrote down: a set of codes, each good once (NIST SP 800-63B-4 3.1.2, 4.2.1.1). */
@MfaFactorType(RECOVERY_CODE)
export class RecoveryCodeFactorType implements FactorType {
  readonly acr = 'aal2';
  readonly backup = true;

  constructor(private readonly secrets: Secrets) {}

  enroll(_: object, { id }: Pick<Account, 'id'>): Enrollment {
    const { codes, secret } = this.createSet(id);
    return { secret, material: { recoveryCodes: codes } };
  }

  /** A new set: the codes, to be shown once, and what is kept of them. */
  createSet(userId: string): { codes: string[]; secret: string } {
    const salt = randomBytes(16).toString('hex');
    const codes = Array.from({ length: SET_SIZE }, randomCode);
    const hashes = codes.map((code) => this.secrets.hash(USE, userId, salt, code));
    return { codes: codes.map(grouped), secret: JSON.stringify({ salt, hashes } satisfies RecoveryCodeSet) };
  }

  isUsedUp({ secret }: EnrolledFactor): boolean {
    return this.remaining(secret!) === 0;
  }

  /** How many codes of a set are left. */
  remaining(secret: string): number {
    return (JSON.parse(secret) as RecoveryCodeSet).hashes.length;
  }

  ask(): FactorQuestion {
    return { kept: null };
  }

  verify({ userId, secret }: EnrolledFactor, _: OpenChallenge, answer: Answer): Accepted | null {
    const code = readCode(answer.code ?? '');
    if (code === null) return null;
    const { salt, hashes } = JSON.parse(secret!) as RecoveryCodeSet;
    const left = hashes.filter((hash) => !this.secrets.matches(hash, USE, userId, salt, code));
    if (left.length === hashes.length) return null;
    return { amr: ['kba'], acr: this.acr, secret: JSON.stringify({ salt, hashes: left } satisfies RecoveryCodeSet) };
  }
}
