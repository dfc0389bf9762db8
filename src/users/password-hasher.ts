import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';

/** OWASP Password Storage: argon2id, 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = 2;
const PARAMETERS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Password hashing. Passwords are taken exactly as received, whole (ASVS 6.2.8). */
@Injectable()
export class PasswordHasher {
  /** A hash that no password has: what a check costs for an unknown user. */
  private readonly nobody = this.hash(randomBytes(32).toString('hex'));

  /** @returns a PHC string */
  hash(password: string): Promise<string> {
    return hash(password, PARAMETERS);
  }

  /** @param passwordHash null costs the same and is never right */
  async matches(passwordHash: string | null, password: string): Promise<boolean> {
    const right = await verify(passwordHash ?? (await this.nobody), password);
    return right && passwordHash !== null;
  }
}
