import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
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
import { PerRoute } from '../../http/per-route.js';
import { CommonProblem } from '../../kernel/problem.js';
import { LIMITS_OPTIONS, type LimitsOptions } from '../limits.options.js';
import { sourceOf } from '../source.js';

/** What `@Throttle()` leaves on a route for the throttler named `default`. */
const THROTTLED = 'THROTTLER:LIMITdefault';

/**
 * One bucket for each route and source, however the path is spelled, and the headers of the IETF draft (RateLimit,
 * RateLimit-Policy).
 */
@Injectable()
export class SourceThrottler extends ThrottlerGuard {
  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
  ) {
    super(options, storage, reflector);
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

/**
 * The throttler on the routes marked `@Throttled()`, and on no other. Global, and the first: a flood is not worth a look at
 * its passwords and tokens. Other routes do not even wait for a promise.
 */
@Injectable()
export class SourceThrottlerGuard implements CanActivate {
  private readonly isThrottled: PerRoute<boolean>;

  constructor(
    private readonly throttler: SourceThrottler,
    reflector: Reflector,
    @Inject(LIMITS_OPTIONS) private readonly limits: LimitsOptions,
  ) {
    this.isThrottled = new PerRoute((...places) => reflector.getAllAndOverride(THROTTLED, places) !== undefined);
  }

  /** @throws Problem `too_many_requests` */
  canActivate(context: ExecutionContext): true | Promise<boolean> {
    return !this.limits.perSource || !this.isThrottled.of(context) || this.throttler.canActivate(context);
  }
}
