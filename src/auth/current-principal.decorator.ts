import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf } from '../http/request-of.js';
import type { Principal } from '../tokens/principal.js';

/** What the JWT guard leaves on the request. */
export interface AuthenticatedRequest {
  readonly user?: Principal;
}

/** The {@link Principal} who is calling; undefined on a `@Public()` route. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf<AuthenticatedRequest>(context).user,
);
