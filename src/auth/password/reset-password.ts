import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import { type User, UserStore } from '../../users/user-store.js';
import { AuthProblem } from '../auth-problems.js';
import { NewPassword } from './new-password.js';
import { PasswordResets } from './password-resets.js';
import { ReplacePassword } from './replace-password.js';

/**
 * Takes a reset link. It signs nobody in, and leaves the second factors as they are: the next login asks for one
 * (ASVS 6.4.3).
 */
@Injectable()
export class ResetPassword {
  constructor(
    private readonly users: UserStore,
    private readonly resets: PasswordResets,
    private readonly hasher: PasswordHasher,
    private readonly newPassword: NewPassword,
    private readonly replacing: ReplacePassword,
    private readonly audit: Audit,
  ) {}

  /** @throws Problem `challenge_expired`, the same for unknown, used and expired; `validation_failed` */
  async reset(token: string, password: string, origin: RequestOrigin): Promise<void> {
    const found = await this.resets.find(token);
    const user = found && (await this.users.findById(found.userId));
    if (!found || !user || user.disabled) return this.refuse(user, origin);
    // Before the link is used up: a password that is refused costs the user no new mail.
    this.newPassword.require('/newPassword', password, user);
    const passwordHash = await this.hasher.hash(password);
    await this.resets.consume(found.challenge);
    const event = { type: 'password.reset', userId: user.id } as const;
    await this.replacing.replace(passwordHash, event, 'password_reset', origin);
  }

  private refuse(user: User | null, origin: RequestOrigin): never {
    this.audit.record({ type: 'password.reset.failed', ...(user && { userId: user.id }) }, origin);
    throw AuthProblem.resetRefused();
  }
}
