import { registerDecorator } from 'class-validator';
import { PASSWORD_LENGTH } from '../../users/password-policy.js';

/** A password of 8 to 128 characters, each Unicode code point counted as one (NIST SP 800-63B-4 3.1.1.2). */
export function IsNewPassword(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isNewPassword',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown) => {
          const length = typeof value === 'string' ? [...value].length : 0;
          return length >= PASSWORD_LENGTH.min && length <= PASSWORD_LENGTH.max;
        },
        defaultMessage: () =>
          `${String(property)} must be a string of ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters`,
      },
    });
}
