import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requestOf } from '../http/request-of.js';
import { originOf, type RequestOrigin } from '../http/request-origin.js';
import { TokenProblem } from '../http/token-problems.js';
import type { Principal } from '../tokens/principal.js';
import type { AuthenticatedRequest } from './current-principal.decorator.js';

/** Who is calling, and where the request comes from: what it takes to do something that is recorded. */
export interface Caller extends Principal {
  readonly origin: RequestOrigin;
}

/**
 * The {@link Caller}. On a `@Public()` route there may be none.
 * @throws Problem `unauthenticated` when there is none
 */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = requestOf<FastifyRequest & AuthenticatedRequest>(context);
  if (!request.user) throw TokenProblem.unauthenticated();
  return { ...request.user, origin: originOf(request) };
});
