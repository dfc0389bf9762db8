import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { insertOnce } from '../../database/insert-once.js';
import { Clock } from '../../kernel/clock.js';
import { randomId, Secrets } from '../../kernel/secrets.js';
import { type SigningAlgorithm, TOKENS_OPTIONS, type TokensOptions } from '../tokens.options.js';
import { createKeyMaterial, publicJwk, readKeyMaterial, type SigningKey } from './key-material.js';
import { SigningKeyRow } from './signing-key.entity.js';

const SEAL = 'signing-key';
/** How long others may cache the JWKS, and so how long a new key is published before it signs. */
export const JWKS_MAX_AGE = 300_000;
const REFRESH_INTERVAL = 60_000;
/** An unknown `kid` costs at most one look at the database in this time. */
const LOOK_AGAIN_AFTER = 1_000;

/**
 * The ring of signing keys. It lives in the database, private parts sealed; each instance holds it in memory. A key
 * signs from `activeFrom` until its successor's, and is accepted until the last token it can have signed has expired.
 */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private readonly log = new Logger(SigningKeys.name);
  /** Newest first. */
  private ring: readonly SigningKey[] = [];
  private loadedAt = 0;

  constructor(
    @InjectRepository(SigningKeyRow) private readonly rows: Repository<SigningKeyRow>,
    @Inject(TOKENS_OPTIONS) private readonly options: TokensOptions,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.load();
    if (this.newest?.algorithm !== this.options.algorithm) await this.add(this.clock.now());
  }

  /** The key that signs now. */
  current(): SigningKey {
    const now = this.clock.now();
    return this.ring.find((key) => key.activeFrom <= now) ?? this.ring.at(-1)!;
  }

  /** The key of that id, if tokens of it are still accepted. */
  async find(id: string): Promise<SigningKey | undefined> {
    const known = this.accepted().find((key) => key.id === id);
    if (known || Math.abs(this.clock.now().getTime() - this.loadedAt) < LOOK_AGAIN_AFTER) return known;
    await this.load();
    return this.accepted().find((key) => key.id === id);
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
   * @returns the id of the newest key: ours, or that of an instance that rotated at the same moment
   */
  async rotate(): Promise<string> {
    await this.load();
    await this.add(this.clock.in(JWKS_MAX_AGE));
    return this.newest!.id;
  }

  @Interval(REFRESH_INTERVAL)
  async refresh(): Promise<void> {
    try {
      await this.load();
      const age = this.clock.now().getTime() - this.newest!.activeFrom.getTime();
      if (age > this.options.keyMaxAge) await this.rotate();
    } catch (error) {
      this.log.warn(`The signing keys could not be refreshed; the known ones stay in use. ${(error as Error).message}`);
    }
  }

  private get newest(): SigningKey | undefined {
    return this.ring[0];
  }

  private accepted(): readonly SigningKey[] {
    const oldest = this.clock.ago(this.options.accessTokenTtl);
    return this.ring.filter((_, index) => index === 0 || this.ring[index - 1].activeFrom > oldest);
  }

  private async add(activeFrom: Date): Promise<void> {
    const { algorithm } = this.options;
    const id = randomId();
    const sealed = this.secrets.seal(SEAL, id, await createKeyMaterial(algorithm));
    const [last] = await this.rows.find({
      select: { id: true, generation: true },
      order: { generation: 'DESC' },
      take: 1,
    });
    const row = {
      id,
      generation: (last?.generation ?? 0) + 1,
      algorithm,
      sealed,
      createdAt: this.clock.now(),
      activeFrom,
    };
    // Another instance may have taken this generation: its key serves as well.
    if (await insertOnce(this.rows, row, { generation: row.generation })) {
      this.log.log(`New signing key ${id} (${algorithm}), in use from ${activeFrom.toISOString()}.`);
    }
    await this.load();
  }

  private async load(): Promise<void> {
    const rows = await this.rows.find({ order: { generation: 'DESC' }, take: 10 });
    const known = new Map(this.ring.map((key) => [key.id, key]));
    this.ring = rows.map((row) => known.get(row.id) ?? this.open(row));
    this.loadedAt = this.clock.now().getTime();
  }

  private open({ id, algorithm, sealed, activeFrom }: SigningKeyRow): SigningKey {
    let material: string;
    try {
      material = this.secrets.unseal(SEAL, id, sealed);
    } catch {
      throw new Error('The signing keys in the database were sealed under another STEPGATE_SECRET.');
    }
    return { id, algorithm: algorithm as SigningAlgorithm, activeFrom, ...readKeyMaterial(material) };
  }
}
