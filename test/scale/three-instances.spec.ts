import { brokenInvariants } from '../support/invariants.js';
import { underTraffic } from '../support/customers.js';
import { call, Ledger } from '../support/ledger.js';
import { Fleet } from '../support/fleet.js';
import { isPresent } from '../support/services.js';

const PLACES = 4;
const complete = (['nginx', 'mariadbd', 'redis-server'] as const).every(isPresent);
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

(complete ? describe : describe.skip)('three instances behind nginx, under traffic', () => {
  jest.setTimeout(60_000);
  let fleet: Fleet;
  let ledger: Ledger;

  beforeAll(async () => {
    fleet = await Fleet.start();
  });
  beforeEach(() => {
    ledger = new Ledger();
  });
  afterAll(() => fleet?.remove());

  it('are as one: each step of a flow may meet another', async () => {
    await underTraffic(fleet, ledger, PLACES, () => pause(3_000));
    expect(ledger.failures).toEqual([]);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    expect(ledger.lives).toBeGreaterThan(0);
    for (const instance of fleet.instances)
      expect(instance.output().match(/"path":"\/v1\/auth\/login"/g)!.length).toBeGreaterThan(1);
  });

  it('of which one is told to stop, lose not one request', async () => {
    let over = false;
    // nginx never sends a POST twice that an instance may have had. At once more than it keeps connections, so that each
    // time some are opened.
    const posts = (async () => {
      // What fails is in the ledger.
      const post = () => call(ledger, fleet.url, '/v1/examples/public', {}).catch(() => undefined);
      for (; !over; await pause(50)) await Promise.all(Array.from({ length: 48 }, post));
    })();
    await underTraffic(fleet, ledger, PLACES, async () => {
      await pause(1_000);
      fleet.instances[1].signal('SIGTERM');
      expect(await fleet.instances[1].exited).toBe(0);
      await pause(500);
      await fleet.restart(1);
      await pause(500);
    }).finally(() => (over = true));
    await posts;
    expect(ledger.failures).toEqual([]);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
  });

  it('of which one is killed, go on, and nothing that was told is lost', async () => {
    await underTraffic(fleet, ledger, PLACES, async () => {
      await pause(1_000);
      await fleet.instances[0].remove();
      await pause(1_000);
      await fleet.restart(0);
    });
    // Only what the dead one was working on.
    expect(ledger.failures.length).toBeLessThanOrEqual(2 * PLACES);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
  });

  it('go on when their database has hung for three seconds', async () => {
    await underTraffic(fleet, ledger, PLACES, async () => {
      await pause(500);
      fleet.mariadb.freeze();
      await pause(3_000);
      fleet.mariadb.thaw();
      await pause(1_500);
    });
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    expect(ledger.failures.filter((failure) => failure.startsWith('500'))).toEqual([]);
  });
});
