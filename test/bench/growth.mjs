import { addCrowd } from './crowd.mjs';
import { inParallel } from './load.mjs';
import { Client } from './people.mjs';
import { Server } from './server.mjs';

const STEPS = ['login', 'verify', 'refresh'];

/**
 * Server CPU of a login, a verify and a refresh with many users in the database, against few; the two servers in
 * alternation. @returns `{ login, verify, refresh }`, as ratios
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
    sizes.push({ server, client, enrolled, used: { login: 0, verify: 0, refresh: 0 } });
  }
  for (let round = 0; round < rounds; round++) for (const size of sizes) await measure(size);
  await Promise.all(sizes.map(({ server }) => server.stop()));
  const [small, large] = sizes;
  return Object.fromEntries(STEPS.map((step) => [step, large.used[step] / small.used[step]]));
}

/** Adds the CPU that each step uses. */
async function measure({ server, client, enrolled, used }) {
  const step = async (name, items, work) => {
    const before = server.cpu();
    const results = await inParallel(items, 4, work);
    used[name] += server.cpu() - before;
    return results;
  };
  const sessions = await step('login', enrolled, (person) => client.login(person));
  const pending = await inParallel(sessions, 4, (session) => client.asked(session));
  let proved = await step('verify', pending, (each) => client.verify(each));
  for (let time = 0; time < 5; time++) proved = await step('refresh', proved, (session) => client.refresh(session));
}
