import { defineProblems } from '../kernel/problem.js';

export const AuthProblem = defineProblems({
  invalidCredentials: [401, 'invalid_credentials', 'The address or the password is not right.'],
  tooManyAttempts: [429, 'too_many_attempts', 'Too many wrong answers. Wait, then try again.'],
});
