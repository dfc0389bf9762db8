import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { Connections } from './connections.mjs';
import { connectFlood } from './flood.mjs';
import { growth } from './growth.mjs';
import { alternate, CONNECTIONS, inParallel, load, median, medianRatio, medians } from './load.mjs';
import { Client } from './people.mjs';
import { rawVerifications } from './raw-argon2.mjs';
import { fillIn } from './readme.mjs';
import { Server } from './server.mjs';
import { timing } from './timing.mjs';

/**
 * npm run bench: every figure is a ratio of two things measured in this run, in alternation. Prints a table, writes
 * reports/bench.json and the table of the README. `-- --quick` measures less, to see that it works, and leaves the README.
 */
const quick = process.argv.includes('--quick');
const SECONDS = quick ? 1 : 5;
const ROUNDS = quick ? 1 : 5;
/** Of what takes a moment each: the more, the less one bad moment of the machine says. */
const PAIRS = quick ? 1 : 15;
/** In seconds: of routes whose rates are compared. */
const MOMENT = quick ? 1 : 2;
/** At a time: as many as of the other routes, which keeps the server busy, and few, where it waits for clients between. */
const WIDTHS = [CONNECTIONS, 8];
/** In milliseconds: V8 gives memory back when it has been idle for a while. */
const REST = quick ? 1_000 : 30_000;
/** In seconds: until V8 has compiled what a login takes, which are few a second. */
const WARM_UP = quick ? 1 : 20;
/** V8 has long compiled the little that one SELECT and one UPDATE take when it begins with what a verification takes. */
const COLD_ROUNDS = quick ? 0 : 10;
const JSON_BODY = { 'content-type': 'application/json' };
const PEOPLE = quick ? 20 : 200;
const MYSQL_URL = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306';
const rows = [];

function report(database, what, value, target, holds) {
  rows.push({ database, what, value: typeof value === 'number' ? Number(value.toFixed(2)) : value, target, holds });
  console.log(
    `${holds ? 'ok  ' : 'MISS'}  ${database.padEnd(8)} ${what.padEnd(78)} ${String(rows.at(-1).value).padStart(9)}   ${target}`,
  );
}

async function createDatabase(kind, purpose = 'bench') {
  await dropDatabase(kind, purpose);
  if (kind === 'SQLite') return `sqlite:data/${purpose}.sqlite`;
  await onMariaDb(`CREATE DATABASE stepgate_${purpose}`);
  return `${MYSQL_URL}/stepgate_${purpose}`;
}

async function dropDatabase(kind, purpose = 'bench') {
  if (kind === 'MariaDB') return onMariaDb(`DROP DATABASE IF EXISTS stepgate_${purpose}`);
  mkdirSync('data', { recursive: true });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`data/${purpose}.sqlite${suffix}`, { force: true });
}

/** One address is sent ten codes an hour: too few to measure by. */
async function emptySendBudgets(kind) {
  await inDatabase(kind, 'DELETE FROM stepgate_send_budget');
}

async function countSessions(kind) {
  const [{ sessions }] = await inDatabase(kind, 'SELECT COUNT(*) AS sessions FROM stepgate_session');
  return sessions;
}

async function inDatabase(kind, sql) {
  if (kind === 'MariaDB') return onMariaDb(sql, `${MYSQL_URL}/stepgate_bench`);
  const database = new BetterSqlite3('data/bench.sqlite');
  const statement = database.prepare(sql);
  const rows = statement.reader ? statement.all() : statement.run();
  database.close();
  return rows;
}

async function onMariaDb(sql, url = MYSQL_URL) {
  const connection = await createConnection(url);
  const [rows] = await connection.query(sql);
  await connection.end();
  return rows;
}

/** Server CPU, in ms, for each of some pieces of work, so many at a time. */
async function cpuPerItem(server, items, width, work) {
  const before = server.cpu();
  const results = await inParallel(items, width, work);
  return { ms: ((server.cpu() - before) * 1_000) / items.length, results };
}

async function bench(database) {
  const starts = [];
  // Of three: at the first, right after a build, the system may still have to read the files from the disk.
  for (let start = 0; start < 3; start++)
    starts.push(await Server.timeToReady({ DATABASE_URL: await createDatabase(database), LOG_LEVEL: 'info' }));
  const start = median(starts) / 1_000;
  const inTime = database !== 'SQLite' || start <= 2;
  report(database, 'npm start of a built tree to /health/ready, seconds, median of 3', start, '<= 2 (SQLite)', inTime);
  const env = { DATABASE_URL: await createDatabase(database), LOG_LEVEL: 'info' };
  const product = await Server.product(env);
  await sleep(REST);
  const idle = product.rss();
  report(database, 'RSS idle, half a minute after start, MB', idle, '<= 130', idle <= 130);
  const bare = await Server.baseline('test/bench/baselines/bare-http.mjs');
  const nest = await Server.baseline('test/bench/baselines/bare-nest.mjs', { env, readyPath: '/nothing' });
  const client = new Client(product.url);

  const guardedSession = await client.verify(await client.pending(await client.enroll()));
  const headers = { authorization: `Bearer ${guardedSession.accessToken}` };
  const amount = quick ? 20_000 : 1_000_000;
  await load(`${product.url}/v1/examples/mfa`, { amount, headers });
  const used = product.rss() / idle;
  report(database, `RSS after ${amount} guarded requests, against idle`, used, '<= 1.2', used <= 1.2);

  const loaded = async (server, path, options) => {
    const before = server.cpu();
    const result = await load(server.url + path, options);
    if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} answers were not 2xx.`);
    return { ...result, cpu: ((server.cpu() - before) * 1_000_000) / result.total };
  };
  const guarded = (seconds) => loaded(product, '/v1/examples/mfa', { headers, seconds });
  const rates = await alternate(
    {
      'guarded route': () => guarded(MOMENT),
      'public route': () => loaded(product, '/v1/examples/public', { seconds: MOMENT }),
      'bare Nest/Fastify route': () => loaded(nest, '/nothing', { seconds: MOMENT }),
      'bare node:http': () => loaded(bare, '/', { seconds: MOMENT }),
    },
    PAIRS,
  );
  for (const [name, runs] of Object.entries(rates)) {
    const { perSecond, p50, p99, cpu } = medians(runs);
    const figures = [Math.round(perSecond), p50.toFixed(1), p99.toFixed(1), Math.round(cpu)].join(' / ');
    report(database, `${name}: requests/s / p50 in ms / p99 in ms / CPU of the server in us`, figures, '', true);
  }
  const perSecond = (name) => rates[name].map((run) => run.perSecond);
  const share = (other) => medianRatio(perSecond('guarded route'), perSecond(other));
  for (const [other, least] of [
    ['public route', 0.8],
    ['bare Nest/Fastify route', 0.7],
    ['bare node:http', 0],
  ]) {
    const target = least > 0 ? `>= ${least.toFixed(2)}` : '';
    report(database, `guarded route against ${other}, requests/s`, share(other), target, share(other) >= least);
  }

  const people = await inParallel(Array(PEOPLE).fill(0), 4, () => client.enroll());
  const plain = await inParallel(Array(quick ? 5 : 50).fill(0), 4, () => client.register());
  const post = (body) => ({ method: 'POST', headers: JSON_BODY, body: JSON.stringify(body) });
  const loggingIn = async (seconds) => {
    const logins = { seconds, connections: 8, requests: plain.map(post) };
    return (await loaded(product, '/v1/auth/login', logins)).perSecond;
  };
  await loggingIn(WARM_UP);
  const logins = await alternate({ login: () => loggingIn(SECONDS), raw: () => rawVerifications(SECONDS) }, ROUNDS);
  const hashing = medianRatio(logins.login, logins.raw);
  report(database, 'logins/s', median(logins.login), '', true);
  report(database, 'logins/s against raw argon2id verifications', hashing, '>= 0.85', hashing >= 0.85);

  const bareNest = new Connections(nest.url);
  const touch = async () => {
    const { status } = await bareNest.call('POST', '/touch');
    if (status !== 201) throw new Error(`/touch was answered ${status}.`);
  };
  const ratios = WIDTHS.map(() => ({ verify: [], refresh: [] }));
  let sessions = await inParallel(people, 4, async (person) => client.verify(await client.pending(person)));
  for (let round = -COLD_ROUNDS; round < PAIRS; round++) {
    for (const [index, width] of WIDTHS.entries()) {
      await emptySendBudgets(database);
      const touching = await cpuPerItem(nest, Array(1_000).fill(0), width, touch);
      const pending = await inParallel(sessions, 4, (session) => client.stepUp(session));
      const verifying = await cpuPerItem(product, pending, width, (each) => client.verify(each));
      sessions = verifying.results;
      const runs = [];
      for (let run = 0; run < 5; run++) {
        const again = await cpuPerItem(product, sessions, width, (session) => client.refresh(session));
        sessions = again.results;
        runs.push(again.ms);
      }
      if (round < 0) continue;
      ratios[index].verify.push(verifying.ms / touching.ms);
      ratios[index].refresh.push(median(runs) / touching.ms);
    }
  }
  for (const [index, width] of WIDTHS.entries()) {
    for (const [what, measured] of Object.entries(ratios[index])) {
      const ratio = median(measured);
      const title = `${what}, ${width} at a time: server CPU against SELECT+UPDATE through TypeORM`;
      report(database, title, ratio, '<= 4', ratio <= 4);
    }
  }

  const sessionsBefore = await countSessions(database);
  const outcome = { served: 0, refused: 0, lost: 0, longestLogin: 0, longestRefusal: 0 };
  const p99 = await alternate(
    {
      quiet: async () => (await guarded(SECONDS)).p99,
      busy: async () => {
        const begin = await connectFlood(product.url, plain, median(logins.raw) * 2, SECONDS);
        const flood = begin();
        const { p99 } = await guarded(SECONDS);
        const { served, refused, lost, longestLogin, longestRefusal } = await flood;
        outcome.served += served;
        outcome.refused += refused;
        outcome.lost += lost;
        outcome.longestLogin = Math.max(outcome.longestLogin, longestLogin);
        outcome.longestRefusal = Math.max(outcome.longestRefusal, longestRefusal);
        return p99;
      },
    },
    ROUNDS,
  );
  const slower = medianRatio(p99.busy, p99.quiet);
  report(
    database,
    'p99 of the guarded route under twice the logins the cores can hash, against without',
    slower,
    '<= 5',
    slower <= 5,
  );
  report(
    database,
    'logins beyond capacity: longest wait of a 503, seconds',
    outcome.longestRefusal / 1_000,
    '<= 2',
    outcome.longestRefusal <= 2_000,
  );
  report(
    database,
    'logins beyond capacity: longest wait of a 200, seconds',
    outcome.longestLogin / 1_000,
    '<= 2',
    outcome.longestLogin <= 2_000,
  );
  const begun = (await countSessions(database)) - sessionsBefore;
  report(
    database,
    'logins beyond capacity: answered 200 / 503 / otherwise, and sessions begun',
    `${outcome.served}/${outcome.refused}/${outcome.lost}, ${begun}`,
    'x/y/0, x',
    outcome.lost === 0 && begun === outcome.served,
  );

  const told = await timing(client, quick ? 30 : 300);
  for (const [what, ratio] of Object.entries(told)) {
    const holds = ratio >= 0.9 && ratio <= 1.1;
    report(database, `${what}: median time for known accounts, against unknown ones`, ratio, '0.9 to 1.1', holds);
  }
  await Promise.all([product.stop(), bare.stop(), nest.stop()]);
  await dropDatabase(database);

  const sizes = quick
    ? { few: 1_000, many: 100_000, people: 10, rounds: 1 }
    : { few: 10_000, many: 1_000_000, people: 100, rounds: 3 };
  const grown = await growth((name) => createDatabase(database, name), sizes);
  for (const [step, { cpu, statements, databaseCpu }] of Object.entries(grown)) {
    const sized = `with ${sizes.many} users and thrice the sessions, against ${sizes.few}`;
    report(database, `${step}: server CPU ${sized}`, cpu, '<= 1.15', cpu <= 1.15);
    if (statements === undefined) continue;
    report(database, `${step}: statements ${sized}`, statements, '<= 1.15', statements <= 1.15);
    report(database, `${step}: CPU of the database ${sized}`, databaseCpu, '', true);
  }
  for (const name of ['few', 'many']) await dropDatabase(database, name);
}

const machine = `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`;
console.log(`${machine}${quick ? ' (quick: figures mean little)' : ''}`);
for (const database of ['SQLite', 'MariaDB']) {
  try {
    await bench(database);
  } catch (error) {
    if (database === 'MariaDB' && error.code === 'ECONNREFUSED')
      console.log('*** LEFT OUT: MariaDB is not running here. ***');
    else throw error;
  }
}
mkdirSync('reports', { recursive: true });
const measured = { at: new Date().toISOString(), machine, rows };
writeFileSync('reports/bench.json', JSON.stringify(measured, null, 2));
if (!quick) await fillIn(measured);
process.exit(0);
