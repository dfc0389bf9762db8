import type { ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { contextOf } from '../../test/support/context.js';
import { outcome } from '../../test/support/outcome.js';
import { CurrentCaller } from './caller.js';

class Routes {
  leave(@CurrentCaller() _caller: unknown): void {}
}
const [{ factory }] = Object.values(
  Reflect.getMetadata(ROUTE_ARGS_METADATA, Routes, 'leave') as Record<
    string,
    { factory: (data: unknown, context: ExecutionContext) => unknown }
  >,
);
const REQUEST = { id: 'mine-1', ip: '192.0.2.1', headers: { 'user-agent': 'Jest' } };
const callerOf = async (request: object) => factory(undefined, contextOf(request));

describe('the caller of a route', () => {
  it('is the principal, with the origin of his request', async () => {
    const user = Object.freeze({ userId: 'ada', sessionId: 'one' });
    expect(await callerOf({ ...REQUEST, user })).toEqual({
      ...user,
      origin: { requestId: 'mine-1', ip: '192.0.2.1', device: 'Jest' },
    });
  });

  it('is nobody without a token: the route is not entered', async () => {
    expect(await outcome(callerOf(REQUEST))).toBe('unauthenticated');
  });
});
