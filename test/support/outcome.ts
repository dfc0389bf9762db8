import { Problem } from '../../src/kernel/problem.js';

/** How an answer was taken: `accepted`, or the code of the problem. */
export async function outcome(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'accepted';
  } catch (error) {
    if (error instanceof Problem) return error.definition.code;
    throw error;
  }
}
