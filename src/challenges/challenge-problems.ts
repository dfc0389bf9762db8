import { defineProblems } from '../kernel/problem.js';

export const ChallengeProblem = defineProblems({
  closed: [410, 'challenge_expired', 'This challenge is expired, used or exhausted. Start a new one.'],
  tooManyRequests: [429, 'too_many_requests', 'Too many codes were sent. Wait, then ask again.'],
  wrongCode: [422, 'invalid_code', 'The code is not right.', { attemptsLeft: 4 }],
});
