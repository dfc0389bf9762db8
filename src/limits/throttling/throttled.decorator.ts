import { applyDecorators } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { ApiProblem } from '../../http/api-problem.js';
import { CommonProblem } from '../../kernel/problem.js';

/** Requests that one source address may make to one route, and in how many milliseconds. */
const LIMIT = 600;
const WINDOW = 60_000;

/**
 * Limits how often one source address may call a route: for routes that take guesses or send messages, where it keeps a
 * flood off the budgets that decide. Holds where `SOURCE_LIMITS` is on.
 */
export function Throttled(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    Throttle({ default: { limit: LIMIT, ttl: WINDOW } }),
    ApiProblem(CommonProblem.tooManyRequests),
  );
}
