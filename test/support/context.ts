import type { ExecutionContext, Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** What Nest hands to guards and parameter decorators: the request, and the route that it is for. */
export function contextOf(request: object, controller: object | null = null, handler: unknown = null) {
  return new ExecutionContextHost(
    [request, {}],
    controller as Type | null,
    handler as ReturnType<ExecutionContext['getHandler']> | null,
  );
}
