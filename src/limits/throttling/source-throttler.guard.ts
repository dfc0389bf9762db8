import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  getOptionsToken,
  getStorageToken,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CommonProblem } from '../../kernel/problem.js';
import { LIMITS_OPTIONS, type LimitsOptions } from '../limits.options.js';
import { sourceOf } from '../source.js';

/**
 * What `@Throttled()` puts on a route. One bucket for each route and source, however the path is spelled, and the headers
 * of the IETF draft (RateLimit, RateLimit-Policy).
 */
@Injectable()
export class SourceThrottlerGuard extends ThrottlerGuard {
  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
    @Inject(LIMITS_OPTIONS) private readonly limits: LimitsOptions,
  ) {
    super(options, storage, reflector);
  }

  protected override async shouldSkip(): Promise<boolean> {
    return !this.limits.perSource;
  }

  /** @throws Problem `too_many_requests` */
  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, throttler, blockDuration, generateKey } = props;
    const http = context.switchToHttp();
    const { ip } = http.getRequest<FastifyRequest>();
    const key = generateKey(context, sourceOf(ip), throttler.name!);
    const { totalHits, timeToExpire, isBlocked, timeToBlockExpire } = await this.storageService.increment(
      key,
      ttl,
      limit,
      blockDuration,
      throttler.name!,
    );
    const seconds = isBlocked ? timeToBlockExpire : timeToExpire;
    const headers = {
      'RateLimit-Policy': `"default";q=${limit};w=${ttl / 1_000}`,
      RateLimit: `"default";r=${Math.max(0, limit - totalHits)};t=${seconds}`,
    };
    if (isBlocked) throw CommonProblem.tooManyRequests({ headers: { ...headers, 'Retry-After': String(seconds) } });
    void http.getResponse<FastifyReply>().headers(headers);
    return true;
  }
}
