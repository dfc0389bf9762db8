import type { ArgumentsHost } from '@nestjs/common';

/**
 * The HTTP request of a context. `switchToHttp()` would say the same, but gives the context three functions anew, of
 * which a guarded request does not need one: twice that was a tenth of its time.
 */
export function requestOf<Request>(context: ArgumentsHost): Request {
  return context.getArgByIndex<Request>(0);
}
