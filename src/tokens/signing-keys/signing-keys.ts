import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { insertOnce } from '../../database/insert-once.js';
import { Clock } from '../../kernel/clock.js';
import { randomId, Secrets } from '../../kernel/secrets.js';
import { type SigningAlgorithm, TOKENS_OPTIONS, type TokensOptions } from '../tokens.options.js';
import { createKeyMaterial, publicJwk, readKeyMaterial, type SigningKey } from './key-material.js';
import { KeyRing } from './key-ring.js';
import { SigningKeyRow } from './signing-key.entity.js';

const SEAL = 'signing-key';
/** How long others may cache the JWKS, and so how long a new key is published before it signs. */
export const JWKS_MAX_AGE = 300_000;
const REFRESH_INTERVAL = 60_000;
/** Unknown key ids, however many, cost one look at the database in this time. */
const LOOK_GAP = 250;
/** More than a ring can have in use: a key a minute at the longest token lifetime. */
const LONGEST_RING = 100;

/**
 * The ring of signing keys. It lives in the database, private parts sealed; each instance holds it in memory and looks
 * for news every minute, and whenever it meets a key id that it does not know.
 */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private readonly log = new Logger(SigningKeys.name);
  private ring = new KeyRing<SigningKey>([]);
  private lookedAt = -Infinity;
  private nextLook?: Promise<void>;

  constructor(
    @InjectRepository(SigningKeyRow) private readonly rows: Repository<SigningKeyRow>,
    @Inject(TOKENS_OPTIONS) private readonly options: TokensOptions,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** Makes the first key, and a new one when the configured algorithm has changed. */
  async onModuleInit(): Promise<void> {
    await this.load();
    while (this.ring.newest?.algorithm !== this.options.algorithm) await this.add(this.clock.now());
  }

  /** The key that signs now. */
  current(): SigningKey {
    return this.ring.current(this.clock.now());
  }

  /** The key of that id, if tokens of it are still accepted; as far as this instance knows. */
  known(id: string): SigningKey | undefined {
    return this.ring.find(id, this.clock.now(), this.options.accessTokenTtl);
  }

  /** As {@link known}; but an id that this instance never saw may be of a key that another has just made. */
  async find(id: string): Promise<SigningKey | undefined> {
    if (!this.ring.has(id)) await this.lookAgain();
    return this.known(id);
  }

  /** What `/.well-known/jwks.json` publishes (RFC 7517). */
  published(): { keys: Record<string, unknown>[] } {
    return {
      keys: this.accepted()
        .map(publicJwk)
        .filter((jwk) => jwk !== null),
    };
  }

  /**
   * Puts a new key on the ring; it signs once every cached JWKS has it.
   * @returns the key that follows the newest one: ours, or that of an instance that rotated at the same moment
   */
  async rotate(): Promise<SigningKey> {
    await this.load();
    return this.add(this.clock.in(JWKS_MAX_AGE));
  }

  @Interval(REFRESH_INTERVAL)
  async refresh(): Promise<void> {
    try {
      await this.load();
      const age = this.clock.now().getTime() - this.ring.newest!.activeFrom.getTime();
      // Not rotate(), which looks again: it would rotate once more after an instance that was quicker.
      if (age > this.options.keyMaxAge) await this.add(this.clock.in(JWKS_MAX_AGE));
    } catch (error) {
      this.log.warn(`The signing keys could not be refreshed; the known ones stay in use. ${(error as Error).message}`);
    }
  }

  private accepted(): readonly SigningKey[] {
    return this.ring.accepted(this.clock.now(), this.options.accessTokenTtl);
  }

  /** Generations are unique: of two instances that add a key after the same one, the second takes that of the first. */
  private async add(activeFrom: Date): Promise<SigningKey> {
    const { algorithm } = this.options;
    const id = randomId();
    const generation = (this.ring.newest?.generation ?? 0) + 1;
    const sealed = this.secrets.seal(SEAL, id, await createKeyMaterial(algorithm));
    const row = { id, generation, algorithm, sealed, createdAt: this.clock.now(), activeFrom };
    // Another instance may have taken this generation: its key serves as well.
    if (await insertOnce(this.rows, row, { generation })) {
      this.log.log(`New signing key ${id} (${algorithm}), in use from ${activeFrom.toISOString()}.`);
    }
    const ring = await this.load();
    return ring.ofGeneration(generation)!;
  }

  /** Waits for a look at the database that begins after this call; all who wait share it. */
  private lookAgain(): Promise<void> {
    return (this.nextLook ??= delay(Math.max(0, this.lookedAt + LOOK_GAP - performance.now())).then(async () => {
      this.nextLook = undefined;
      await this.load();
    }));
  }

  private async load(): Promise<KeyRing<SigningKey>> {
    this.lookedAt = performance.now();
    const rows = await this.rows.find({ order: { generation: 'DESC' }, take: LONGEST_RING });
    const inUse = new KeyRing(rows).accepted(this.clock.now(), this.options.accessTokenTtl);
    const opened = new Map(this.accepted().map((key) => [key.id, key]));
    return (this.ring = new KeyRing(inUse.map((row) => opened.get(row.id) ?? this.open(row))));
  }

  private open({ id, generation, algorithm, sealed, activeFrom }: SigningKeyRow): SigningKey {
    let material: string;
    try {
      material = this.secrets.unseal(SEAL, id, sealed);
    } catch {
      throw new Error(
        'The signing keys in the database were sealed under another STEPGATE_SECRET. Start with that one: without it ' +
          'nothing that was sealed can be opened.',
      );
    }
    return { id, generation, algorithm: algorithm as SigningAlgorithm, activeFrom, ...readKeyMaterial(material) };
  }
}
