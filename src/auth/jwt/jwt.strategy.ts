import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { randomId } from '../../kernel/secrets.js';
import { Revocations } from '../../sessions/revocations.js';
import { AccessTokens } from '../../tokens/access-tokens.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { SIGNING_ALGORITHMS } from '../../tokens/tokens.options.js';
import { VerifiedTokens } from '../../tokens/verified-tokens.js';
import { bearerToken } from './bearer-token.js';

/** Why no key was found: `cause` is the problem, or what went wrong on our side. passport-jwt reports both as a bad token. */
export class NoKey extends Error {
  constructor(cause: unknown) {
    super('no key', { cause });
  }
}

/**
 * Passport's JWT strategy between the two halves of {@link AccessTokens}: they judge the header and the claims,
 * passport-jwt checks the signature. Expiry is left to them too, as it is theirs to read the clock.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  /** Passport is one for the whole process, and the last strategy of a name wins: two applications need two names. */
  readonly ownName = `jwt:${randomId()}`;

  constructor(
    private readonly tokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly verified: VerifiedTokens,
  ) {
    super({
      // passport-jwt's types are Express's; it hands over whatever request Passport was given.
      jwtFromRequest: bearerToken,
      passReqToCallback: true,
      algorithms: [...SIGNING_ALGORITHMS],
      ignoreExpiration: true,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
        tokens.keyOf(token).then(
          // passport-jwt's types know no KeyObject; jsonwebtoken takes one.
          (key) => done(null, key as never),
          (cause: unknown) => done(new NoKey(cause)),
        );
      },
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
    passport.use(this.ownName, this);
  }

  /** @throws Problem `invalid_token` */
  async validate(request: FastifyRequest, payload: unknown): Promise<Principal> {
    const principal = this.tokens.read(payload);
    if (!(await this.revocations.isAlive(principal))) throw TokenProblem.invalidToken();
    this.verified.add(bearerToken(request)!, principal);
    return principal;
  }
}
