import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Revocations } from '../../sessions/revocations.js';
import { AccessTokens } from '../../tokens/access-tokens.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../tokens/token-problems.js';
import { SIGNING_ALGORITHMS } from '../../tokens/tokens.options.js';

/**
 * Passport's JWT strategy between the two halves of {@link AccessTokens}: they judge the header and the claims,
 * passport-jwt checks the signature. Expiry is left to them too, as it is theirs to read the clock.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly revocations: Revocations,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: [...SIGNING_ALGORITHMS],
      ignoreExpiration: true,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: never) => void) => {
        // passport-jwt's types know no KeyObject; jsonwebtoken takes one.
        tokens.keyOf(token).then((key) => done(null, key as never), done);
      },
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
  }

  /** @throws Problem `invalid_token` */
  async validate(payload: unknown): Promise<Principal> {
    const principal = this.tokens.read(payload);
    if (!(await this.revocations.isAlive(principal))) throw TokenProblem.invalidToken();
    return principal;
  }
}
