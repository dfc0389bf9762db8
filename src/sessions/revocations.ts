import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { Principal } from '../tokens/principal.js';
import { TOKENS_OPTIONS, type TokensOptions } from '../tokens/tokens.options.js';
import { RevocationBroadcast } from './revocation-broadcast.js';
import { SessionRepository } from './session.repository.js';

const POLL_INTERVAL = 400;
/** So long after a successful poll the list counts as complete; the promise is "everywhere within one second". */
const FRESH_FOR = 1_000;
/** How far back each poll reads again: clocks of instances differ, and commits arrive out of order. */
const OVERLAP = 5_000;

interface Entry {
  /** Tokens of an earlier epoch are dead; `Infinity` when the session has ended. */
  readonly firstAlive: number;
  /** When the last such token has expired by itself. */
  readonly forgetAt: number;
}

/**
 * Which access tokens are dead before they expire. Held in memory, so that a guarded request reads no database: this
 * instance's own revocations at once, those of others by polling an indexed column (and at once where Redis carries
 * them). When polling fails the list may be incomplete; then each request asks the database until it works again.
 */
@Injectable()
export class Revocations implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(Revocations.name);
  private readonly entries = new Map<string, Entry>();
  private timer?: NodeJS.Timeout;
  private stopped = false;
  private readUpTo = 0;
  private freshUntil = 0;

  constructor(
    private readonly rows: SessionRepository,
    private readonly broadcast: RevocationBroadcast,
    private readonly clock: Clock,
    @Inject(TOKENS_OPTIONS) private readonly tokens: TokensOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    this.readUpTo = this.clock.ago(this.tokens.accessTokenTtl).getTime();
    this.broadcast.listen((sessionId, firstAlive) => this.add(sessionId, firstAlive));
    await this.poll();
    this.schedule();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Whether the token is still good. Costs one look at a map, unless the feed is lost. */
  isAlive({ sessionId, epoch }: Principal): boolean | Promise<boolean> {
    const entry = this.entries.get(sessionId);
    if (entry && epoch < entry.firstAlive) return false;
    return performance.now() < this.freshUntil || this.askDatabase(sessionId, epoch);
  }

  /** Every token of the session is dead. */
  kill(sessionId: string): void {
    this.killBefore(sessionId, Infinity);
  }

  /** The session's tokens of epochs before `firstAlive` are dead. */
  killBefore(sessionId: string, firstAlive: number): void {
    this.add(sessionId, firstAlive);
    this.broadcast.announce(sessionId, firstAlive);
  }

  /** Reads what other instances have revoked since the last time. */
  async poll(): Promise<void> {
    const startedAt = performance.now();
    for (const { id, epoch, endedAt, revokedAt } of await this.rows.findRevokedAfter(
      new Date(this.readUpTo - OVERLAP),
    )) {
      this.add(id, endedAt ? Infinity : epoch);
      this.readUpTo = Math.max(this.readUpTo, revokedAt!.getTime());
    }
    this.freshUntil = startedAt + FRESH_FOR;
    this.forgetExpired();
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.pollAndSchedule(), POLL_INTERVAL).unref();
  }

  private async pollAndSchedule(): Promise<void> {
    try {
      await this.poll();
    } catch (error) {
      this.log.warn(`The revocation feed is lost; asking the database for each request. ${(error as Error).message}`);
    }
    if (!this.stopped) this.schedule();
  }

  private add(sessionId: string, firstAlive: number): void {
    const known = this.entries.get(sessionId);
    if (known && known.firstAlive >= firstAlive) return;
    // Set anew, so that the map stays in the order in which entries can be forgotten.
    this.entries.delete(sessionId);
    this.entries.set(sessionId, { firstAlive, forgetAt: performance.now() + this.tokens.accessTokenTtl + OVERLAP });
  }

  private forgetExpired(): void {
    const now = performance.now();
    for (const [sessionId, { forgetAt }] of this.entries) {
      if (forgetAt > now) return;
      this.entries.delete(sessionId);
    }
  }

  private async askDatabase(sessionId: string, epoch: number): Promise<boolean> {
    const row = await this.rows.find(sessionId);
    return row !== null && row.endedAt === null && row.epoch === epoch;
  }
}
