import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { HashingQueue } from './hashing-queue.js';

/** OWASP Password Storage: argon2id, 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = 2;
const PARAMETERS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Password hashing. Passwords are taken exactly as received, whole (ASVS 6.2.8). */
@Injectable()
export class PasswordHasher {
  private readonly queue = new HashingQueue();
  /** A hash that no password has: what a check costs for an unknown user. */
  private readonly nobody = this.hash(randomBytes(32).toString('hex'));

  /**
   * @returns a PHC string
   * @throws Problem `unavailable` when more hashes are wanted than the cores can do
   */
  hash(password: string): Promise<string> {
    return this.queue.run(() => hash(password, PARAMETERS));
  }

  /**
   * @param passwordHash null costs the same and is never right
   * @throws Problem `unavailable`, as {@link hash}
   */
  async matches(passwordHash: string | null, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.nobody);
    const right = await this.queue.run(() => verify(against, password));
    return right && passwordHash !== null;
  }
}
