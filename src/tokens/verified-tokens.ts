import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { readHeader } from './header.js';
import type { Principal } from './principal.js';
import { SigningKeys } from './signing-keys/signing-keys.js';

/** Tokens remembered at the most; about 15 MB. */
export const CAPACITY = 10_000;

interface Entry {
  readonly keyId: string;
  readonly principal: Principal;
}

/**
 * Tokens whose signature and claims were found good once: checking an ES256 signature again costs more than all the rest
 * of a guarded request. Held by digest, never as text. What can change is judged each time: whether the token has
 * expired, and whether its key is still accepted; revocation is left to the caller.
 */
@Injectable()
export class VerifiedTokens {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** Whom the token makes the caller, if it is known and still good. */
  find(token: string): Principal | undefined {
    const digest = digestOf(token);
    const entry = this.entries.get(digest);
    if (!entry) return undefined;
    if (entry.principal.expiresAt > this.clock.now() && this.keys.known(entry.keyId)) return entry.principal;
    this.entries.delete(digest);
    return undefined;
  }

  /** Remembers a token that has just been verified in full; when there is no room, the oldest one is forgotten. */
  add(token: string, principal: Principal): void {
    const header = readHeader(token);
    if (!header) return;
    if (this.entries.size >= CAPACITY) {
      const [oldest] = this.entries.keys();
      this.entries.delete(oldest);
    }
    this.entries.set(digestOf(token), { keyId: header.kid, principal });
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
