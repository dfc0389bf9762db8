import { JwtService } from '@nestjs/jwt';
import type { Clock } from '../../src/kernel/clock.js';
import { randomId } from '../../src/kernel/secrets.js';
import { AccessTokens, type TokenSubject } from '../../src/tokens/access-tokens.js';
import { createKeyMaterial, readKeyMaterial, type SigningKey } from '../../src/tokens/signing-keys/key-material.js';
import type { SigningKeys } from '../../src/tokens/signing-keys/signing-keys.js';
import type { SigningAlgorithm } from '../../src/tokens/tokens.options.js';
import { VerifiedTokens } from '../../src/tokens/verified-tokens.js';

/** Real keys that are kept nowhere. */
export class KeysInMemory implements Pick<SigningKeys, 'current' | 'known' | 'find'> {
  private readonly keys: SigningKey[] = [];
  /** What looking for a key fails with. */
  failure?: Error;

  async make(algorithm: SigningAlgorithm = 'ES256'): Promise<SigningKey> {
    const material = readKeyMaterial(await createKeyMaterial(algorithm));
    const key = { id: randomId(), generation: this.keys.length + 1, algorithm, activeFrom: new Date(), ...material };
    this.keys.unshift(key);
    return key;
  }

  forget(id: string): void {
    this.keys.splice(
      this.keys.findIndex((key) => key.id === id),
      1,
    );
  }

  current(): SigningKey {
    return this.keys[0];
  }

  known(id: string): SigningKey | undefined {
    return this.keys.find((key) => key.id === id);
  }

  async find(id: string): Promise<SigningKey | undefined> {
    if (this.failure) throw this.failure;
    return this.known(id);
  }
}

/** The making and checking of tokens, without a database. */
export function tokensOf(keys: KeysInMemory, clock: Clock) {
  const options = {
    issuer: 'https://id.example.com',
    audience: 'api',
    algorithm: 'ES256',
    accessTokenTtl: 600_000,
    keyMaxAge: 86_400_000,
  } as const;
  const signingKeys = keys as unknown as SigningKeys;
  return {
    tokens: new AccessTokens(new JwtService(), signingKeys, clock, options),
    verified: new VerifiedTokens(signingKeys, clock),
  };
}

/** A session after the password alone, with an hour to live. */
export function subjectAt(clock: Clock): TokenSubject {
  return {
    userId: 'ada',
    sessionId: randomId(),
    epoch: 2,
    sessionEnd: clock.in(3_600_000),
    acr: 'aal1',
    amr: ['pwd'],
    authTime: clock.now(),
  };
}

/** The parts of a token, read. */
export function partsOf(token: string): Record<string, unknown>[] {
  return token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
}
