import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { Audit } from '../../audit/audit.service.js';
import { originOf, type RequestOrigin } from '../../http/request-origin.js';
import { Problem } from '../../kernel/problem.js';
import { randomId } from '../../kernel/secrets.js';
import { normalizeEmail } from '../../users/email-address.js';
import { type User, UserStore } from '../../users/user-store.js';
import { AuthProblem } from '../auth-problems.js';
import { NextSteps } from '../next-steps.js';
import type { LoginDto } from './login.dto.js';
import { PasswordGuesses } from './password-guesses.js';

/** What an address that cannot exist is looked up as, so that it costs what any other costs. */
const NOBODY = 'nobody@invalid';

/** Passport's local strategy: address and password. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, 'local') {
  /** Passport is one for the whole process, and the last strategy of a name wins: two applications need two names. */
  readonly ownName = `local:${randomId()}`;

  constructor(
    private readonly users: UserStore,
    private readonly guesses: PasswordGuesses,
    private readonly steps: NextSteps,
    private readonly audit: Audit,
  ) {
    super({ usernameField: 'email', passwordField: 'password', passReqToCallback: true });
    passport.use(this.ownName, this);
  }

  /**
   * @throws Problem `invalid_credentials` or `too_many_attempts`, the same for unknown, unverified, disabled and wrong;
   * `unavailable` when the password could not be judged, which is no failed login and leaves no trace of one
   */
  async validate(request: FastifyRequest, email: string, password: string): Promise<User> {
    const origin = originOf(request);
    const address = normalizeEmail(email) ?? NOBODY;
    const user = await this.users.authenticate(address, password);
    try {
      const device = await this.ownDevice(address, (request.body as LoginDto).deviceToken);
      await this.guesses.settle(address, user !== null, origin, device);
      if (!user) throw AuthProblem.invalidCredentials();
      return user;
    } catch (error) {
      if (error instanceof Problem) await this.recordFailure(address, error.definition.code, origin);
      throw error;
    }
  }

  /** The id of the device that the token is of, if its owner is the one who is logging in. */
  private async ownDevice(address: string, token: string | undefined): Promise<string | undefined> {
    const device = token === undefined ? null : await this.steps.next?.deviceOf(token);
    // The token first: without a good one, a known address takes as long as an unknown one.
    return device && (await this.users.findByEmail(address))?.id === device.userId ? device.id : undefined;
  }

  /** Looks the account up in either case, so that a known address takes as long as an unknown one. */
  private async recordFailure(address: string, reason: string, origin: RequestOrigin): Promise<void> {
    const user = await this.users.findByEmail(address);
    this.audit.record({ type: 'login.failed', ...(user && { userId: user.id }), detail: { reason } }, origin);
  }
}
