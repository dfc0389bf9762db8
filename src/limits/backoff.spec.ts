import { ACCOUNT_BACKOFF, blockedUntil, FACTOR_BACKOFF, SOURCE_BACKOFF } from './backoff.js';

const now = new Date('2026-11-24T12:00:00.000Z');
const waitInSeconds = (failures: number, backoff = FACTOR_BACKOFF) => {
  const until = blockedUntil(failures, backoff, now);
  return until && (until.getTime() - now.getTime()) / 1_000;
};

describe('the wait after wrong answers', () => {
  it('is none for the first four answers of a factor', () => {
    expect([0, 1, 2, 3, 4].map((failures) => waitInSeconds(failures))).toEqual([null, null, null, null, null]);
  });

  it('starts with 30 seconds at the fifth and doubles up to an hour', () => {
    expect([5, 6, 7, 8, 11, 12, 13, 99].map((failures) => waitInSeconds(failures))).toEqual([
      30, 60, 120, 240, 1_920, 3_600, 3_600, 3_600,
    ]);
  });

  it('never shuts an account out for longer than 15 minutes', () => {
    expect([9, 10, 11, 1_000_000].map((failures) => waitInSeconds(failures, ACCOUNT_BACKOFF))).toEqual([
      null,
      10,
      20,
      900,
    ]);
  });

  it('leaves a source address 199 wrong passwords, then starts with 30 seconds and ends with an hour', () => {
    expect([199, 200, 201, 1_000_000].map((failures) => waitInSeconds(failures, SOURCE_BACKOFF))).toEqual([
      null,
      30,
      60,
      3_600,
    ]);
  });
});
