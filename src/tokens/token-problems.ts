import { defineProblems } from '../kernel/problem.js';

export const TokenProblem = defineProblems({
  unauthenticated: [401, 'unauthenticated', 'Send an access token as a bearer token.'],
  invalidToken: [401, 'invalid_token', 'The access token is malformed, expired or revoked.'],
});
