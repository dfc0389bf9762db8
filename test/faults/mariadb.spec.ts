import { underTraffic } from '../support/customers.js';
import { Ledger } from '../support/ledger.js';
import { Fleet } from '../support/fleet.js';
import { brokenInvariants } from '../support/invariants.js';
import { stored } from '../support/stored.js';

const PLACES = 4;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe('three instances whose MariaDB', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    // All customers here have one address, and none of their patience when a request fails.
    fleet = await Fleet.start({ SOURCE_LIMITS: 'false' });
  });
  afterAll(() => fleet?.remove());

  const frozenFor = (seconds: number) => async () => {
    fleet.mariadb.freeze();
    await pause(seconds * 1_000);
    fleet.mariadb.thaw();
  };
  const stoppedBy = (signal: NodeJS.Signals, seconds: number) => async () => {
    await fleet.mariadb.stop(signal);
    await pause(seconds * 1_000);
    await fleet.mariadb.start();
  };

  const eventsNotWritten = () =>
    fleet.logged('error').filter((line) => line.includes('security events were not written'));
  /** Sessions of which nobody could read later how they began. */
  async function unheardOf({ families }: Ledger): Promise<string[]> {
    const query = "SELECT sessionId FROM stepgate_audit_event WHERE type = 'login.succeeded'";
    const heardOf = new Set(await stored(fleet.databaseUrl, query));
    return [...families.keys()].filter((session) => !heardOf.has(session));
  }

  it.each([
    { what: 'hangs for 5 seconds', fault: frozenFor(5) },
    { what: 'hangs for 30 seconds', fault: frozenFor(30) },
    { what: 'is shut down and started 5 seconds later', fault: stoppedBy('SIGTERM', 5) },
    { what: 'is shut down and started 30 seconds later', fault: stoppedBy('SIGTERM', 30) },
    { what: 'is killed and started again', fault: stoppedBy('SIGKILL', 0) },
  ])('$what keep every promise, and serve again by themselves', async ({ fault }) => {
    const ledger = new Ledger();
    await underTraffic(fleet, ledger, PLACES, async () => {
      await pause(2_000);
      await fault();
      await pause(2_000);
    });
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    expect(ledger.failures.filter((failure) => !/^50[23]/.test(failure))).toEqual([]);
    // 5 seconds of silence, a turn at the password hash, and what the test takes.
    expect(ledger.slowest).toBeLessThan(10_000);
    const before = eventsNotWritten();
    const after = new Ledger();
    await underTraffic(fleet, after, PLACES, () => pause(1_000));
    expect(after.failures).toEqual([]);
    expect(after.lives).toBeGreaterThan(0);
    // Three times as long as the wait of one that failed.
    await pause(3_000);
    expect(eventsNotWritten()).toEqual(before);
    expect(await unheardOf(ledger)).toEqual([]);
  });
});
