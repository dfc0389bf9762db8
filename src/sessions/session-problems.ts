import { defineProblems } from '../kernel/problem.js';

export const SessionProblem = defineProblems({
  refreshRefused: [401, 'invalid_token', 'The refresh token is unknown, used or expired.'],
});
