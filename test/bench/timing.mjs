import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel, median } from './load.mjs';

/** In milliseconds: what is done after an answer is not to slow the next one. */
const PAUSE = 30;
/** In milliseconds: nobody who was mailed within the last minute is mailed, so a known account would cost nothing. */
const NEXT_MAIL = 61_000;

/**
 * Does the time of an answer tell whether an account exists? Samples are taken in pairs of random order, one at a time.
 * @returns the median for known accounts over that for unknown ones, for a wrong password and a forgotten one
 */
export async function timing(client, samples) {
  const known = await inParallel(Array(samples).fill(0), 4, () => client.register());
  const lastMail = performance.now();
  const unknown = known.map(() => ({ email: `nobody-${randomBytes(8).toString('hex')}@example.com` }));
  const password = 'not the one it should be';
  const wrong = await compare(known, unknown, ({ email }) =>
    client.call('POST', '/v1/auth/login', { email, password }),
  );
  await sleep(Math.max(0, lastMail + NEXT_MAIL - performance.now()));
  const forgotten = await compare(known, unknown, ({ email }) =>
    client.call('POST', '/v1/auth/password/forgot', { email }),
  );
  return { 'a wrong password': wrong, 'a forgotten password': forgotten };
}

async function compare(known, unknown, ask) {
  const times = { known: [], unknown: [] };
  for (let sample = 0; sample < known.length; sample++) {
    const sides = Math.random() < 0.5 ? ['known', 'unknown'] : ['unknown', 'known'];
    for (const side of sides) {
      times[side].push(await timed(() => ask((side === 'known' ? known : unknown)[sample])));
      await sleep(PAUSE);
    }
  }
  return median(times.known) / median(times.unknown);
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
