import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { withinDeadline } from '../database/deadline.js';
import { Clock } from '../kernel/clock.js';
import type { Principal } from '../tokens/principal.js';
import { TOKENS_OPTIONS, type TokensOptions } from '../tokens/tokens.options.js';
import { RevocationBroadcast } from './revocation-broadcast.js';
import { RevocationList } from './revocation-list.js';
import { SessionRepository } from './session.repository.js';

/** The promise is "everywhere within one second": so long after a poll began the list counts as complete. */
const FRESH_FOR = 1_000;
/** Two polls fit into that time, so one that is late or lost costs nothing. */
const POLL_INTERVAL = 400;
/**
 * How far back each poll reads again: a revocation is stamped by the clock of the instance that makes it, which may be
 * behind (5 s at the most, or its tokens are refused), before a statement that may have to wait for a connection.
 */
const OVERLAP = 30_000;
/** How long the database may take to answer before the request is refused for want of one. */
const DEADLINE = 2_000;

/**
 * Which access tokens are dead before they expire. Held in memory, so that a guarded request reads no database: this
 * instance's own revocations at once, those of others by polling an indexed column (and at once where Redis carries
 * them). When polling fails the list may be incomplete; then each request asks the database until it works again.
 */
@Injectable()
export class Revocations implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(Revocations.name);
  private readonly list = new RevocationList();
  private timer?: NodeJS.Timeout;
  private stopped = false;
  private lost = false;
  private readUpTo = 0;
  private freshUntil = -Infinity;

  constructor(
    private readonly rows: SessionRepository,
    private readonly broadcast: RevocationBroadcast,
    private readonly clock: Clock,
    @Inject(TOKENS_OPTIONS) private readonly tokens: TokensOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.broadcast.listen((sessionId, firstAlive) => this.add(sessionId, firstAlive));
    await this.poll();
    this.schedule();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** How many sessions have tokens that are dead before their time. */
  get size(): number {
    return this.list.size;
  }

  /** Whether the token is still good. Costs one look at a map, unless the feed is lost: then it asks the database. */
  isAlive(principal: Principal): boolean | Promise<boolean> {
    const { sessionId, epoch } = principal;
    return this.knowsAlive(principal) || (!this.list.isDead(sessionId, epoch) && this.askDatabase(sessionId, epoch));
  }

  /** Whether the token is good for sure, as far as can be told without asking the database. */
  knowsAlive({ sessionId, epoch }: Principal): boolean {
    return performance.now() < this.freshUntil && !this.list.isDead(sessionId, epoch);
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

  /** Reads what other instances have revoked since the last time; the first time, all that can still matter. */
  async poll(): Promise<void> {
    const startedAt = performance.now();
    const now = this.clock.now().getTime();
    const oldest = now - this.tokens.accessTokenTtl;
    // Not beyond now: after the clock was set back, revocations are stamped with moments that were read long ago.
    this.readUpTo = Math.min(this.readUpTo, now);
    const since = new Date(Math.max(this.readUpTo, oldest) - OVERLAP);
    const revoked = await withinDeadline(DEADLINE, this.rows.findRevokedAfter(since));
    const forgetAt = this.forgetAt();
    for (const { id, epoch, endedAt, revokedAt } of revoked) {
      this.list.add(id, endedAt ? Infinity : epoch, forgetAt);
      // Not beyond now: one instance whose clock is ahead must not hide what the others revoke.
      this.readUpTo = Math.max(this.readUpTo, Math.min(revokedAt!.getTime(), now));
    }
    this.list.forgetExpired(now);
    this.freshUntil = startedAt + FRESH_FOR;
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.pollAndSchedule(), POLL_INTERVAL).unref();
  }

  private async pollAndSchedule(): Promise<void> {
    try {
      await this.poll();
      if (this.lost) this.log.log('The revocation feed is back.');
      this.lost = false;
    } catch (error) {
      if (!this.lost && !this.stopped) {
        const { message } = error as Error;
        this.log.warn(`The revocation feed is lost; each request asks the database until it is back. ${message}`);
      }
      this.lost = true;
    }
    if (!this.stopped) this.schedule();
  }

  private add(sessionId: string, firstAlive: number): void {
    this.list.add(sessionId, firstAlive, this.forgetAt());
  }

  /** When the last token that can be meant has expired, by whichever clock; milliseconds since 1970. */
  private forgetAt(): number {
    return this.clock.in(this.tokens.accessTokenTtl + OVERLAP).getTime();
  }

  private async askDatabase(sessionId: string, epoch: number): Promise<boolean> {
    const row = await withinDeadline(DEADLINE, this.rows.find(sessionId));
    return row !== null && row.endedAt === null && row.epoch === epoch;
  }
}
