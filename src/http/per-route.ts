import type { ExecutionContext } from '@nestjs/common';

/** What the decorators of a route say, read at its first request: reflection on each one costs as much as a guard. */
export class PerRoute<T> {
  /** By class and then by method: two controllers may inherit one method, and say different things. */
  private readonly known = new WeakMap<object, WeakMap<object, { readonly said: T }>>();

  /** @param read what a method and its class say */
  constructor(private readonly read: (handler: ReturnType<ExecutionContext['getHandler']>, controller: Class) => T) {}

  of(context: ExecutionContext): T {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    const known = this.known.get(controller)?.get(handler);
    if (known) return known.said;
    const said = this.read(handler, controller);
    const handlers = this.known.get(controller) ?? new WeakMap<object, { readonly said: T }>();
    this.known.set(controller, handlers.set(handler, { said }));
    return said;
  }
}

type Class = ReturnType<ExecutionContext['getClass']>;
