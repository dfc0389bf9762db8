import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import { TokenProblem } from '../../http/token-problems.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import { UserStore } from '../../users/user-store.js';
import { AuthProblem } from '../auth-problems.js';
import type { Caller } from '../caller.js';
import { PasswordGuesses } from '../local/password-guesses.js';
import { NextSteps } from '../next-steps.js';
import { NewPassword } from './new-password.js';
import { ReplacePassword } from './replace-password.js';

/** Changes the password of a signed-in user, who shows the present one (ASVS 6.2.3). All his other sessions end. */
@Injectable()
export class ChangePassword {
  constructor(
    private readonly users: UserStore,
    private readonly guesses: PasswordGuesses,
    private readonly steps: NextSteps,
    private readonly hasher: PasswordHasher,
    private readonly newPassword: NewPassword,
    private readonly replacing: ReplacePassword,
    private readonly audit: Audit,
  ) {}

  /**
   * @throws Problem `insufficient_user_authentication` without a fresh second factor, `invalid_credentials`,
   * `too_many_attempts`, `validation_failed`
   */
  async change(caller: Caller, current: string, password: string): Promise<void> {
    const { userId, sessionId, origin } = caller;
    await this.steps.next?.requireFresh(caller);
    const user = await this.users.findById(userId);
    if (!user) throw TokenProblem.invalidToken();
    const right = (await this.users.authenticate(user.email, current)) !== null;
    if (!right) this.audit.record({ type: 'password.change.failed', userId, sessionId }, origin);
    await this.guesses.settle(user.email, right, origin);
    if (!right) throw AuthProblem.wrongPassword();
    this.newPassword.require('/newPassword', password, user);
    const event = { type: 'password.changed', userId, sessionId } as const;
    await this.replacing.replace(await this.hasher.hash(password), event, 'password_changed', origin);
  }
}
