import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import { Redis } from 'ioredis';

type Increment = Parameters<ThrottlerStorage['increment']>;
type Counted = ReturnType<ThrottlerStorage['increment']>;

/** Counts in Redis for all instances; while Redis is down, each instance counts for itself rather than not at all. */
export class SharedThrottlerStorage implements ThrottlerStorage, OnModuleDestroy {
  private readonly log = new Logger(SharedThrottlerStorage.name);
  private readonly redis: Redis;
  private readonly shared: ThrottlerStorageRedisService;
  private readonly own = new ThrottlerStorageService();

  constructor(url: string) {
    this.redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 500 });
    this.redis.on('error', () => undefined);
    this.redis.on('end', () => this.log.warn('Redis is lost: each instance throttles for itself.'));
    this.shared = new ThrottlerStorageRedisService(this.redis);
  }

  async increment(...request: Increment): Counted {
    try {
      return await this.shared.increment(...request);
    } catch {
      return this.own.increment(...request);
    }
  }

  onModuleDestroy(): void {
    this.redis.disconnect();
    this.own.onApplicationShutdown();
  }
}
