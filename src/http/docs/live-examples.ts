/** Examples that several operations share, and that Swagger UI replaces by real values: see {@link LIVE_EXAMPLES}. */
export const CHALLENGE_ID_EXAMPLE = '4f1c6c3e0b0a4c1f9a52d7e86b3f9c10';
export const FACTOR_ID_EXAMPLE = 'b7d5c1a09e8f4f7c8a3b2d1e0f9c8b7a';
export const REFRESH_TOKEN_EXAMPLE = 'TxxsPgsKTB-aUtfoaz-cEAAAAAAAAAAAkFZpZ0oVJ1uQm3XrYd8sTg';
export const SESSION_ID_EXAMPLE = '9e107d9d372bb6826bd81d3542a419d6';

/** How an answer is seen to bring a real value for an example. */
export interface LiveExample {
  readonly example: string;
  /** The member that holds the real value. */
  readonly member: string;
  /** A member that stands beside it in objects of that kind alone. */
  readonly beside: string;
}

export const LIVE_EXAMPLES: readonly LiveExample[] = [
  { example: CHALLENGE_ID_EXAMPLE, member: 'id', beside: 'attemptsLeft' },
  { example: FACTOR_ID_EXAMPLE, member: 'id', beside: 'preferred' },
  { example: SESSION_ID_EXAMPLE, member: 'id', beside: 'current' },
  { example: REFRESH_TOKEN_EXAMPLE, member: 'refreshToken', beside: 'accessToken' },
];
