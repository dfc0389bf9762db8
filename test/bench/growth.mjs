import { addCrowd } from './crowd.mjs';
import { inParallel } from './load.mjs';
import { MariaDb } from './mariadb.mjs';
import { Client } from './people.mjs';
import { Server } from './server.mjs';

const STEPS = ['login', 'verify', 'refresh'];

/**
 * What a login, a verify and a refresh take with many users in the database, against few; the two servers in alternation.
 * @returns `{ login, verify, refresh }`, of each `{ cpu, statements, databaseCpu }`, as ratios; the last two where the
 * database is a server of its own, elsewhere its CPU is part of ours
 */
export async function growth(createDatabase, { few, many, people, rounds }) {
  const sizes = [];
  for (const [name, users] of [
    ['few', few],
    ['many', many],
  ]) {
    const DATABASE_URL = await createDatabase(name);
    const server = await Server.product({ DATABASE_URL });
    await addCrowd(DATABASE_URL, users);
    const client = new Client(server.url);
    const enrolled = await inParallel(Array(people).fill(0), 4, () => client.enroll());
    const used = Object.fromEntries(STEPS.map((step) => [step, { cpu: 0, statements: 0, databaseCpu: 0 }]));
    sizes.push({ server, client, enrolled, used, mariadb: await MariaDb.of(DATABASE_URL) });
  }
  for (let round = 0; round < rounds; round++) for (const size of sizes) await measure(size);
  await Promise.all(sizes.map(({ server, mariadb }) => Promise.all([server.stop(), mariadb?.close()])));
  const [small, large] = sizes;
  const ratio = (step, what) => large.used[step][what] / small.used[step][what];
  const ratios = (step) => ({
    cpu: ratio(step, 'cpu'),
    ...(small.mariadb && { statements: ratio(step, 'statements'), databaseCpu: ratio(step, 'databaseCpu') }),
  });
  return Object.fromEntries(STEPS.map((step) => [step, ratios(step)]));
}

/** Adds what each step uses. */
async function measure({ server, client, enrolled, used, mariadb }) {
  const state = async () => ({
    cpu: server.cpu(),
    ...(mariadb && { statements: await mariadb.statements(), databaseCpu: mariadb.cpu() }),
  });
  const step = async (name, items, work) => {
    const before = await state();
    const results = await inParallel(items, 4, work);
    const after = await state();
    for (const what in after) used[name][what] += after[what] - before[what];
    return results;
  };
  const sessions = await step('login', enrolled, (person) => client.login(person));
  const pending = await inParallel(sessions, 4, (session) => client.asked(session));
  let proved = await step('verify', pending, (each) => client.verify(each));
  for (let time = 0; time < 5; time++) proved = await step('refresh', proved, (session) => client.refresh(session));
}
