import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type HealthIndicatorFunction, HealthIndicatorService } from '@nestjs/terminus';
import { Redis } from 'ioredis';
import { OPERATIONS_OPTIONS, type OperationsOptions } from './operations.options.js';

/** Whether Redis answers, where one is configured. On a connection of its own, which comes back by itself. */
@Injectable()
export class RedisHealth implements OnModuleDestroy {
  private readonly redis?: Redis;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(OPERATIONS_OPTIONS) { redisUrl }: OperationsOptions,
  ) {
    if (redisUrl === undefined) return;
    this.redis = new Redis(redisUrl, { connectTimeout: 2_000, commandTimeout: 2_000, maxRetriesPerRequest: 0 });
    // Who asks is told; without a listener ioredis would write to the console.
    this.redis.on('error', () => undefined);
  }

  /**
   * What readiness has to check: nothing without Redis.
   * @param timeout in milliseconds
   */
  checks(timeout: number): HealthIndicatorFunction[] {
    const { redis } = this;
    if (!redis) return [];
    const ping = async () => void (await redis.ping());
    return [() => this.indicators.check('redis').attempt(ping).withTimeout(timeout)];
  }

  onModuleDestroy(): void {
    this.redis?.disconnect();
  }
}
