import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { SESSIONS_OPTIONS, type SessionsOptions } from './sessions.options.js';

const CHANNEL = 'stepgate:revocations';
const MESSAGE = /^([0-9a-f]{32}) (\d{1,9}|Infinity)$/;
/** In milliseconds. */
const PATIENCE = 2_000;

type Listener = (sessionId: string, firstAlive: number) => void;

/**
 * Tells the other instances of a revocation at once, where Redis is configured. It only saves them the wait for their
 * next poll: a message that is lost costs less than a second, so Redis being down loses nothing.
 */
@Injectable()
export class RevocationBroadcast implements OnModuleDestroy {
  private readonly log = new Logger(RevocationBroadcast.name);
  private readonly publisher?: Redis;
  private readonly subscriber?: Redis;
  private lost = false;

  constructor(@Inject(SESSIONS_OPTIONS) { redisUrl }: SessionsOptions) {
    if (redisUrl === undefined) return;
    this.publisher = this.connect(redisUrl);
    this.subscriber = this.connect(redisUrl);
    // With each connection, the first included: Redis may be down when we start, or up before anything else is.
    this.subscriber.on('ready', () => void this.subscriber?.subscribe(CHANNEL).catch(() => undefined));
  }

  listen(listener: Listener): void {
    this.subscriber?.on('message', (_channel, message) => {
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

  private connect(url: string): Redis {
    const redis = new Redis(url, {
      // A revocation that cannot be told at once is not worth telling: the others have polled it by then.
      enableOfflineQueue: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: PATIENCE,
      commandTimeout: PATIENCE,
    });
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
