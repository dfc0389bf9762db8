import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requestOf } from './request-of.js';

/** Where a request comes from: what is recorded of it, and what limits count by. */
export interface RequestOrigin {
  readonly requestId: string;
  readonly ip: string;
  /** The User-Agent. */
  readonly device: string;
}

/** The origin of what no request asks for: a timer, a command. */
export const NO_REQUEST: RequestOrigin = { requestId: '-', ip: '-', device: '-' };

const LONGEST_DEVICE = 255;
/** Behind a proxy the address is whatever the proxy passed on. */
const LONGEST_IP = 64;

/** Of a request. Node knows the address of a client that has gone only if it was asked before. */
type Identified = Pick<FastifyRequest, 'id' | 'headers'> & { readonly ip?: string };

/**
 * Handed on by whoever has the request, rather than found in an AsyncLocalStorage: in Node.js 20 the mere use of one
 * makes every promise of the process dearer, which took a quarter of the time of a guarded request.
 */
export function originOf({ id, ip, headers }: Identified): RequestOrigin {
  const device = (headers['user-agent'] ?? '').slice(0, LONGEST_DEVICE);
  return { requestId: id, ip: (ip ?? NO_REQUEST.ip).slice(0, LONGEST_IP), device };
}

/** The {@link RequestOrigin} of the request, as a parameter of a route. */
export const Origin = createParamDecorator((_: unknown, context: ExecutionContext) =>
  originOf(requestOf<FastifyRequest>(context)),
);
