import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { PerRoute } from '../../http/per-route.js';
import { IS_PUBLIC } from '../../http/public.decorator.js';
import { Revocations } from '../../sessions/revocations.js';
import type { Principal } from '../../tokens/principal.js';
import { requestOf } from '../../http/request-of.js';
import { TokenProblem } from '../../http/token-problems.js';
import { VerifiedTokens } from '../../tokens/verified-tokens.js';
import { bearerToken } from './bearer-token.js';
import { JwtStrategy, NoKey } from './jwt.strategy.js';

/** Lets a request pass with a good access token, or on a route marked `@Public()`. Global: forgetting it is impossible. */
@Injectable()
export class JwtGuard extends AuthGuard() {
  private readonly isPublic: PerRoute<boolean>;

  constructor(
    reflector: Reflector,
    private readonly verified: VerifiedTokens,
    private readonly revocations: Revocations,
    { ownName }: JwtStrategy,
  ) {
    super({ defaultStrategy: ownName });
    this.isPublic = new PerRoute((...places) => reflector.getAllAndOverride<boolean>(IS_PUBLIC, places) ?? false);
  }

  /** @throws Problem `unauthenticated`, `invalid_token` */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.isPublic.of(context)) return true;
    const request = requestOf<FastifyRequest & { user?: Principal }>(context);
    const token = bearerToken(request);
    if (token === null) throw TokenProblem.unauthenticated();
    const principal = this.verified.find(token);
    // A token that was verified before needs no second verification, as long as its session is alive.
    if (!principal || !this.revocations.knowsAlive(principal)) return super.canActivate(context) as Promise<boolean>;
    request.user = principal;
    return true;
  }

  /** Passport hands over why it failed: `error` from the strategy's `validate`, `info` from before. */
  override handleRequest<Caller>(error: Error | null, principal: Caller | false, info: unknown): Caller {
    if (principal) return principal;
    if (error) throw error;
    if (info instanceof NoKey) throw info.cause as Error;
    throw TokenProblem.invalidToken();
  }
}
