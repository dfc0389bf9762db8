import { defineProblems } from '../kernel/problem.js';

/** What every route that is not `@Public()` answers to a request without a good access token (RFC 6750, 3). */
export const TokenProblem = defineProblems({
  unauthenticated: [401, 'unauthenticated', 'Send an access token as a bearer token.'],
  invalidToken: [401, 'invalid_token', 'The access token is malformed, expired or revoked.'],
});
