import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { originOf, type RequestOrigin } from '../http/request-origin.js';
import type { Principal } from '../tokens/principal.js';

/** Who is calling, and where the request comes from: what it takes to do something that is recorded. */
export interface Caller extends Principal {
  readonly origin: RequestOrigin;
}

/** The {@link Caller}. For routes that are not `@Public()`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
  return { ...request.user, origin: originOf(request) };
});
