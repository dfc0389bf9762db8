import { defineProblems } from '../kernel/problem.js';

export const ChallengeProblem = defineProblems({
  closed: [410, 'challenge_expired', 'This challenge is expired, used or exhausted. Start a new one.'],
  wrongCode: [422, 'invalid_code', 'The code is not right.', { attemptsLeft: 4 }],
});
