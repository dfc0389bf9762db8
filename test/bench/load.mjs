import autocannon from 'autocannon';

/** Enough to keep a server busy: the load, too, has but one of the cores. */
export const CONNECTIONS = 32;

/** Sends GETs (or what `requests` says) for some seconds. @returns requests, errors, latencies in ms */
export async function load(url, { seconds = 5, connections = CONNECTIONS, headers = {}, ...more } = {}) {
  const run = autocannon({ url, duration: seconds, connections, headers, ...more });
  // Its own percentiles are of whole milliseconds, of which there is often just one.
  const latencies = [];
  run.on('response', (_client, _status, _bytes, ms) => latencies.push(ms));
  const { requests, duration, errors, non2xx } = await run;
  latencies.sort((one, other) => one - other);
  const percentile = (percent) => latencies[Math.ceil((latencies.length * percent) / 100) - 1];
  return {
    perSecond: requests.total / duration,
    total: requests.total,
    p50: percentile(50),
    p99: percentile(99),
    errors,
    non2xx,
  };
}

/**
 * Measures several targets in alternation, so that whatever else the machine does touches all alike.
 * @param targets `{ name: () => Promise<number> }`: each run gives one figure, or an object of several
 * @returns `{ name: runs }`
 */
export async function alternate(targets, rounds = 5) {
  const figures = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(targets)) figures[name].push(await measure());
  }
  return figures;
}

/** Of what was measured in the same round, which the machine's better and worse minutes touch alike. */
export function medianRatio(some, others) {
  return median(some.map((value, round) => value / others[round]));
}

/** The median of each of several figures. */
export function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((run) => run[name]))]));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Does the work for each item, so many at a time. @returns what came of it, in the order of completion */
export async function inParallel(items, width, work) {
  const queue = [...items];
  const results = [];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await work(item));
    }),
  );
  return results;
}
