import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Redis, RedisOptions } from 'ioredis';
import { SESSIONS_OPTIONS, type SessionsOptions } from './sessions.options.js';

const CHANNEL = 'stepgate:revocations';
const MESSAGE = /^([0-9a-f]{32}) (\d{1,9}|Infinity)$/;
/** In milliseconds. */
const PATIENCE = 2_000;

const OPTIONS: RedisOptions = {
  // A revocation that cannot be told at once is not worth telling: the others have polled it by then.
  enableOfflineQueue: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  connectTimeout: PATIENCE,
  commandTimeout: PATIENCE,
};

type Listener = (sessionId: string, firstAlive: number) => void;

/**
 * Tells the other instances of a revocation at once, where Redis is configured. It only saves them the wait for their
 * next poll: a message that is lost costs less than a second, so Redis being down loses nothing.
 */
@Injectable()
export class RevocationBroadcast implements OnModuleDestroy {
  private readonly log = new Logger(RevocationBroadcast.name);
  private publisher?: Redis;
  private subscriber?: Redis;
  private lost = false;

  constructor(@Inject(SESSIONS_OPTIONS) private readonly options: SessionsOptions) {}

  /** To be called once, and before anything is announced: this is where Redis is connected to. */
  async listen(listener: Listener): Promise<void> {
    const { redisUrl } = this.options;
    if (redisUrl === undefined) return;
    // Loaded where it is used: ioredis takes 2 MB.
    const { Redis } = await import('ioredis');
    this.publisher = this.watch(new Redis(redisUrl, OPTIONS));
    const subscriber = (this.subscriber = this.watch(new Redis(redisUrl, OPTIONS)));
    // With each connection, the first included: Redis may be down when we start, or up before anything else is.
    subscriber.on('ready', () => void subscriber.subscribe(CHANNEL).catch(() => undefined));
    subscriber.on('message', (_channel, message) => {
      const [, sessionId, firstAlive] = MESSAGE.exec(message) ?? [];
      if (sessionId !== undefined) listener(sessionId, Number(firstAlive));
    });
  }

  announce(sessionId: string, firstAlive: number): void {
    this.publisher?.publish(CHANNEL, `${sessionId} ${firstAlive}`).catch(() => undefined);
  }

  onModuleDestroy(): void {
    this.publisher?.disconnect();
    this.subscriber?.disconnect();
  }

  private watch(redis: Redis): Redis {
    // Once for each loss, not for each attempt to reconnect.
    redis.on('error', (error) => {
      if (!this.lost) this.log.warn(`Redis is lost; revocations reach other instances by polling. ${error.message}`);
      this.lost = true;
    });
    redis.on('ready', () => {
      if (this.lost) this.log.log('Redis is back.');
      this.lost = false;
    });
    return redis;
  }
}
