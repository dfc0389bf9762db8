import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type HealthIndicatorFunction, HealthIndicatorService } from '@nestjs/terminus';
import type { Redis } from 'ioredis';
import { OPERATIONS_OPTIONS, type OperationsOptions } from './operations.options.js';

/** Whether Redis answers, where one is configured. On a connection of its own, which comes back by itself. */
@Injectable()
export class RedisHealth implements OnModuleInit, OnModuleDestroy {
  private redis?: Redis;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(OPERATIONS_OPTIONS) private readonly options: OperationsOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    const { redisUrl } = this.options;
    if (redisUrl === undefined) return;
    const { Redis } = await import('ioredis');
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
