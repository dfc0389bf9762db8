import { defineProblems } from '../kernel/problem.js';

export const MfaProblem = defineProblems({
  assuranceTooLow: [
    401,
    'insufficient_user_authentication',
    'This action needs a second factor.',
    { detail: 'A different authentication level is required.', acrValues: 'mfa', enrolled: true },
  ],
  passkeyRefused: [401, 'invalid_credentials', 'The passkey is not known here, or its answer is not right.'],
  conflict: [409, 'conflict', 'The present state does not allow this.'],
  tooManyAttempts: [429, 'too_many_attempts', 'Too many wrong answers. Wait, then try again.'],
});
