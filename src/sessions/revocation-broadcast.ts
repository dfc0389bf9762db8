import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Redis } from 'ioredis';
import { SESSIONS_OPTIONS, type SessionsOptions } from './sessions.options.js';

const CHANNEL = 'stepgate:revocations';

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

  constructor(@Inject(SESSIONS_OPTIONS) { redisUrl }: SessionsOptions) {
    if (redisUrl === undefined) return;
    this.publisher = this.connect(redisUrl);
    this.subscriber = this.connect(redisUrl);
  }

  listen(listener: Listener): void {
    // Subscriptions are made again by ioredis after each reconnection.
    this.subscriber?.on('message', (_channel, message) => {
      const [sessionId, firstAlive] = message.split(' ');
      if (sessionId) listener(sessionId, Number(firstAlive));
    });
    this.subscriber?.subscribe(CHANNEL).catch(() => undefined);
  }

  announce(sessionId: string, firstAlive: number): void {
    this.publisher?.publish(CHANNEL, `${sessionId} ${firstAlive}`).catch(() => undefined);
  }

  onModuleDestroy(): void {
    this.publisher?.disconnect();
    this.subscriber?.disconnect();
  }

  private connect(url: string): Redis {
    const redis = new Redis(url, { enableOfflineQueue: true, maxRetriesPerRequest: 1, connectTimeout: 2_000 });
    redis.on('error', (error) => this.log.warn(`Redis: ${error.message}`));
    return redis;
  }
}
