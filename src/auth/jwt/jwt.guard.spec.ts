import { sign } from 'node:crypto';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { contextOf } from '../../../test/support/context.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { outcome } from '../../../test/support/outcome.js';
import { KeysInMemory, partsOf, subjectAt, tokensOf } from '../../../test/support/signed-tokens.js';
import { Public } from '../../http/public.decorator.js';
import type { Revocations } from '../../sessions/revocations.js';
import type { Principal } from '../../tokens/principal.js';
import { bearerToken } from './bearer-token.js';
import { JwtGuard } from './jwt.guard.js';
import { JwtStrategy } from './jwt.strategy.js';

class Routes {
  guarded(this: void): void {}
  @Public()
  open(this: void): void {}
}

@Public()
class OpenRoutes {
  read(this: void): void {}
}

interface Presented {
  headers: { authorization?: string };
  user?: Principal;
}

function asking(request: Presented, controller: object = Routes, handler: unknown = Routes.prototype.guarded) {
  return contextOf(request, controller, handler);
}

describe('the guard of access tokens', () => {
  let clock: ManualClock;
  let keys: KeysInMemory;
  let parts: ReturnType<typeof tokensOf>;
  let revoked: Set<string>;
  /** What asking for a revocation fails with. */
  let failure: Error | undefined;
  let guard: JwtGuard;

  beforeEach(async () => {
    clock = new ManualClock();
    keys = new KeysInMemory();
    await keys.make();
    parts = tokensOf(keys, clock);
    revoked = new Set();
    failure = undefined;
    const isAlive = async ({ sessionId }: Principal) => {
      if (failure) throw failure;
      return !revoked.has(sessionId);
    };
    const knowsAlive = ({ sessionId }: Principal) => !failure && !revoked.has(sessionId);
    const revocations = { isAlive, knowsAlive } as unknown as Revocations;
    const strategy = new JwtStrategy(parts.tokens, revocations, parts.verified);
    guard = new JwtGuard(new Reflector(), parts.verified, revocations, strategy);
  });

  const issue = () => parts.tokens.issue(subjectAt(clock));
  const requestWith = (token: string): Presented => ({ headers: { authorization: `Bearer ${token}` } });
  const enter = async (context: ExecutionContext) => guard.canActivate(context);
  const present = (token: string) => outcome(enter(asking(requestWith(token))));
  const signed = (header: object, claims: object, { signing } = keys.current()) => {
    const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(input), { key: signing, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  };

  it('says who is calling, the first time and again', async () => {
    const { token, principal } = issue();
    for (const time of ['first', 'again']) {
      const request = requestWith(token);
      expect([time, await guard.canActivate(asking(request))]).toEqual([time, true]);
      expect(request.user).toEqual(principal);
    }
    expect(parts.verified.size).toBe(1);
  });

  it('lets everybody through where the method or its class is public, whatever he brings', async () => {
    for (const headers of [{}, { authorization: 'Bearer none' }]) {
      expect(await guard.canActivate(asking({ headers }, Routes, Routes.prototype.open))).toBe(true);
      expect(await guard.canActivate(asking({ headers }, OpenRoutes, OpenRoutes.prototype.read))).toBe(true);
    }
  });

  it('asks for a token', async () => {
    expect(await outcome(enter(asking({ headers: {} })))).toBe('unauthenticated');
  });

  it('refuses what is no token of ours', async () => {
    expect(await present('none')).toBe('invalid_token');
  });

  it('refuses a token that another key has signed', async () => {
    const { token } = issue();
    const [header, claims] = partsOf(token);
    expect(await present(signed(header, claims))).toBe('accepted');
    const stranger = await new KeysInMemory().make();
    expect(await present(signed(header, claims, stranger))).toBe('invalid_token');
  });

  it('refuses a token whose claims are not as we write them, though it is signed rightly', async () => {
    const [header, claims] = partsOf(issue().token);
    expect(await present(signed(header, { ...claims, acr: 'aal2' }))).toBe('invalid_token');
    expect(parts.verified.size).toBe(0);
  });

  it('refuses a token of a session that has ended, whether it has seen it before or not', async () => {
    const [{ token, principal }, unseen] = [issue(), issue()];
    expect(await present(token)).toBe('accepted');
    revoked.add(principal.sessionId).add(unseen.principal.sessionId);
    expect(await present(token)).toBe('invalid_token');
    expect(await present(unseen.token)).toBe('invalid_token');
    const request = requestWith(token);
    await outcome(enter(asking(request)));
    expect(request.user).toBeUndefined();
  });

  it('lets our clock alone say whether a token is expired, or good already', async () => {
    clock.advance('1h');
    const future = partsOf(issue().token);
    expect(await present(signed(future[0], { ...future[1], nbf: Math.floor(clock.now().getTime() / 1_000) }))).toBe(
      'accepted',
    );
    clock.advance('10m');
    expect(await present(signed(future[0], future[1]))).toBe('invalid_token');
    Object.assign(clock, { time: Date.now() - 3_600_000 });
    expect(await present(issue().token)).toBe('accepted');
  });

  it('needs no look at the keys for a token that it has verified once', async () => {
    const { token } = issue();
    expect(await present(token)).toBe('accepted');
    keys.failure = new Error('The database is away.');
    expect(await present(token)).toBe('accepted');
  });

  it('does not blame the token when revocations cannot be looked up', async () => {
    const { token } = issue();
    failure = new Error('The database is away.');
    await expect(guard.canActivate(asking(requestWith(token)))).rejects.toBe(failure);
  });

  it('does not blame the token when keys cannot be looked up', async () => {
    const { token } = issue();
    keys.failure = new Error('The database is away.');
    await expect(guard.canActivate(asking(requestWith(token)))).rejects.toBe(keys.failure);
  });

  it('keeps the strategies of two applications in one process apart', async () => {
    const { token } = issue();
    const others = new KeysInMemory();
    await others.make();
    const other = tokensOf(others, clock);
    new JwtStrategy(other.tokens, { isAlive: () => true } as unknown as Revocations, other.verified);
    expect(await present(token)).toBe('accepted');
  });
});

describe('the bearer token of a request', () => {
  const tokenOf = (authorization?: string) => bearerToken({ headers: { authorization } });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc', 'abc'],
    ['Bearer abc def', 'abc def'],
  ])('of %j is %j', (header, token) => {
    expect(tokenOf(header)).toBe(token);
  });

  it.each([
    [undefined],
    [''],
    ['Bearer'],
    ['Bearer '],
    ['Bearerabc'],
    ['Basic abc'],
    ['a Bearer abc'],
    ['abc'],
    ['Bearer abc\ndef'],
  ])('of %j is none', (header) => {
    expect(tokenOf(header)).toBeNull();
  });
});
