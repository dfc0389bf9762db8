import { randomBytes } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HashingQueue } from './hashing-queue.js';
import { HashingThreads } from './hashing-threads.js';

/** OWASP Password Storage: argon2id, 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = 2;
const PARAMETERS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Password hashing. Passwords are taken exactly as received, whole (ASVS 6.2.8). */
@Injectable()
export class PasswordHasher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly queue = new HashingQueue();
  private readonly threads = new HashingThreads();
  private readonly nobody = hashOfNobody();

  onApplicationBootstrap(): void {
    this.threads.begin();
  }

  /**
   * @returns a PHC string
   * @throws Problem `unavailable` when more hashes are wanted than the cores can do
   */
  hash(password: string): Promise<string> {
    return this.queue.run(() => this.threads.run<string>('hash', password, PARAMETERS));
  }

  /**
   * @param passwordHash null costs the same and is never right
   * @throws Problem `unavailable`, as {@link hash}
   */
  async matches(passwordHash: string | null, password: string): Promise<boolean> {
    const against = passwordHash ?? this.nobody;
    const right = await this.queue.run(() => this.threads.run<boolean>('verify', against, password));
    return right && passwordHash !== null;
  }

  /** Not before: until the server is closed, requests wait for their hashes. */
  onApplicationShutdown(): Promise<void> {
    return this.threads.stop();
  }
}

/** What an unknown user's password is checked against: it has the form of a hash, and comes from no password. */
function hashOfNobody(): string {
  const { memoryCost, timeCost, parallelism } = PARAMETERS;
  const [salt, hash] = [16, 32].map((bytes) => randomBytes(bytes).toString('base64').replaceAll('=', ''));
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${hash}`;
}
