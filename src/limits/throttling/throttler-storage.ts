import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from 'ioredis';

type Increment = Parameters<ThrottlerStorage['increment']>;
type Counted = ReturnType<ThrottlerStorage['increment']>;

/** Counts in Redis for all instances; while Redis is down, where it is told to. */
export class SharedThrottlerStorage implements ThrottlerStorage, OnModuleDestroy {
  private readonly log = new Logger(SharedThrottlerStorage.name);
  private readonly redis: Redis;
  private readonly shared: ThrottlerStorageRedisService;
  private lost = false;

  constructor(
    url: string,
    private readonly otherwise: ThrottlerStorage,
  ) {
    this.redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 500 });
    this.redis.on('error', () => undefined);
    this.shared = new ThrottlerStorageRedisService(this.redis);
  }

  async increment(...request: Increment): Counted {
    try {
      const counted = await this.shared.increment(...request);
      this.lost = false;
      return counted;
    } catch (error) {
      if (!this.lost) this.log.warn(`Redis is lost: requests are counted in the database. ${(error as Error).message}`);
      this.lost = true;
      return this.otherwise.increment(...request);
    }
  }

  onModuleDestroy(): void {
    this.redis.disconnect();
  }
}
