import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Client } from './people.mjs';

/** Of a login, in seconds; so many are under way at once. */
const LONGEST_WAIT = 2.5;

/**
 * Logins at a steady rate, whatever becomes of them. From a thread of their own: beside other load in one thread they
 * would mostly wait for that.
 * @returns `{ served, refused, lost, longestRefusal }`, the last in ms
 */
export function floodLogins(url, people, perSecond, seconds) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { url, people, perSecond, seconds } });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

async function flood({ url, people, perSecond, seconds }) {
  const client = new Client(url);
  const outcome = { served: 0, refused: 0, lost: 0, longestRefusal: 0 };
  const logIn = async (person) => {
    const startedAt = performance.now();
    const status = await client.call('POST', '/v1/auth/login', person).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) outcome.served++;
    else if (status === 503) {
      outcome.refused++;
      outcome.longestRefusal = Math.max(outcome.longestRefusal, performance.now() - startedAt);
    } else outcome.lost++;
  };
  // Connected before: of new connections Node 20 takes one for each turn of its event loop, so they wait for that first.
  await Promise.all(Array.from({ length: perSecond * LONGEST_WAIT }, () => client.call('GET', '/health/live')));
  const all = [];
  const begin = performance.now();
  for (let next = 0; next < perSecond * seconds; next++) {
    await sleep(Math.max(0, begin + (next * 1_000) / perSecond - performance.now()));
    all.push(logIn(people[next % people.length]));
  }
  await Promise.all(all);
  return outcome;
}

if (!isMainThread) parentPort.postMessage(await flood(workerData));
