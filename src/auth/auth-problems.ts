import { defineProblems } from '../kernel/problem.js';

export const AuthProblem = defineProblems({
  invalidCredentials: [401, 'invalid_credentials', 'The address or the password is not right.'],
  wrongPassword: [422, 'invalid_credentials', 'The current password is not right.'],
  resetRefused: [410, 'challenge_expired', 'The link is unknown, used or expired. Ask for a new one.'],
  /** Thrown by who answers `NextStep`; declared here for the document. */
  factorTooOld: [401, 'insufficient_user_authentication', 'This action needs a second factor.'],
  tooManyAttempts: [429, 'too_many_attempts', 'Too many wrong answers. Wait, then try again.'],
});
