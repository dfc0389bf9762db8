import { Injectable } from '@nestjs/common';
import { invalidAt } from '../../kernel/problem.js';
import { type PasswordObjection, PasswordPolicy } from '../../users/password-policy.js';

const PRODUCT = 'stepgate';

const REASONS: Record<NonNullable<PasswordObjection>, string> = {
  common: 'This password is on a list of common passwords. Choose another.',
  personal: 'This password is made of your name or address. Choose another.',
};

/** Lets a new password through, or says what is wrong with it. */
@Injectable()
export class NewPassword {
  constructor(private readonly policy: PasswordPolicy) {}

  /**
   * @param pointer where in the request the password stands
   * @throws Problem `validation_failed`
   */
  require(pointer: string, password: string, owner: { email: string; displayName?: string | null }): void {
    const objection = this.policy.objection(password, [owner.email, owner.displayName, PRODUCT]);
    if (objection) throw invalidAt(pointer, REASONS[objection]);
  }
}
