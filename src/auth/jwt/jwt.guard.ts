import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { Problem } from '../../kernel/problem.js';
import { TokenProblem } from '../../tokens/token-problems.js';
import { IS_PUBLIC } from '../../http/public.decorator.js';

const NO_TOKEN = 'No auth token';
const BAD_TOKEN = new Set(['JsonWebTokenError', 'NotBeforeError', 'TokenExpiredError', 'SyntaxError']);

/** Lets a request pass with a good access token, or on a route marked `@Public()`. Global: forgetting it is impossible. */
@Injectable()
export class JwtGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(
    context: ExecutionContext,
  ): ReturnType<InstanceType<ReturnType<typeof AuthGuard>>['canActivate']> {
    const isPublic = this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()]);
    return isPublic || super.canActivate(context);
  }

  /** Passport hands over why it failed; anything but a bad token (a database that is down) is not the caller's fault. */
  override handleRequest<Principal>(error: unknown, principal: Principal | false, info: unknown): Principal {
    if (principal) return principal;
    const reason = error ?? info;
    if (reason instanceof Problem) throw reason;
    const { name, message } = (reason ?? {}) as Partial<Error>;
    if (message === NO_TOKEN) throw TokenProblem.unauthenticated();
    if (name !== undefined && BAD_TOKEN.has(name)) throw TokenProblem.invalidToken();
    throw reason;
  }
}
