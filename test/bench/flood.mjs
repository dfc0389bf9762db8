import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Connections } from './connections.mjs';

/** Of a login, in seconds; so many are under way at once. */
const LONGEST_WAIT = 2.5;

/**
 * Logins at a steady rate, whatever becomes of them. From a thread of their own: beside other load in one thread they
 * would mostly wait for that.
 * @returns once all is connected, a function that begins; it returns
 * `{ served, refused, lost, longestLogin, longestRefusal }`, the last two in ms
 */
export async function connectFlood(url, people, perSecond, seconds) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { url, people, perSecond, seconds } });
  await once(worker, 'message');
  return async () => {
    worker.postMessage('begin');
    const [outcome] = await once(worker, 'message');
    return outcome;
  };
}

async function flood({ url, people, perSecond, seconds }) {
  const connections = new Connections(url);
  // Connected before: of new connections Node 20 takes one for each turn of its event loop, so they wait for that first.
  await Promise.all(Array.from({ length: perSecond * LONGEST_WAIT }, () => connections.call('GET', '/health/live')));
  const begun = once(parentPort, 'message');
  parentPort.postMessage('connected');
  await begun;
  const outcome = { served: 0, refused: 0, lost: 0, longestLogin: 0, longestRefusal: 0 };
  const bodies = people.map((person) => JSON.stringify(person));
  const logIn = async (body) => {
    const startedAt = performance.now();
    const { status } = await connections.call('POST', '/v1/auth/login', { body });
    const took = performance.now() - startedAt;
    if (status === 200) {
      outcome.served++;
      outcome.longestLogin = Math.max(outcome.longestLogin, took);
    } else if (status === 503) {
      outcome.refused++;
      outcome.longestRefusal = Math.max(outcome.longestRefusal, took);
    } else outcome.lost++;
  };
  const all = [];
  const begin = performance.now();
  for (let next = 0; next < perSecond * seconds; next++) {
    await sleep(Math.max(0, begin + (next * 1_000) / perSecond - performance.now()));
    all.push(logIn(bodies[next % bodies.length]));
  }
  await Promise.all(all);
  connections.close();
  return outcome;
}

if (!isMainThread) parentPort.postMessage(await flood(workerData));
