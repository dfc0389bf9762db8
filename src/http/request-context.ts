import { ClsServiceManager, type ClsStore } from 'nestjs-cls';
import type { FastifyInstance } from 'fastify';

/** What services may know of the request they work for. */
export interface RequestOrigin extends ClsStore {
  readonly requestId: string;
  readonly ip: string;
  /** The User-Agent. */
  readonly device: string;
}

const OUTSIDE: RequestOrigin = { requestId: '-', ip: '-', device: '-' };
const LONGEST_DEVICE = 255;
/** Behind a proxy the address is whatever the proxy passed on. */
const LONGEST_IP = 64;

/** Opens the context where the handler starts: a body that is still being read would lose it. */
export function keepRequestContext(fastify: FastifyInstance): void {
  const cls = ClsServiceManager.getClsService<RequestOrigin>();
  fastify.addHook('preHandler', (request, _reply, done) => {
    const device = (request.headers['user-agent'] ?? '').slice(0, LONGEST_DEVICE);
    cls.runWith({ requestId: request.id, ip: request.ip.slice(0, LONGEST_IP), device }, done);
  });
}

/** The request that is being served; dashes outside of one (a timer, a command). */
export function requestOrigin(): RequestOrigin {
  const cls = ClsServiceManager.getClsService<RequestOrigin>();
  return cls.isActive() ? cls.get() : OUTSIDE;
}
