import { underTraffic } from '../support/customers.js';
import { Ledger } from '../support/ledger.js';
import { Fleet } from '../support/fleet.js';
import { brokenInvariants } from '../support/invariants.js';
import { newPerson } from '../support/people.js';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe('three instances whose Redis', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start();
  });
  afterAll(() => fleet?.remove());

  /** Requests left to this source at each instance in turn, as it says. */
  async function left(): Promise<number[]> {
    const counts: number[] = [];
    for (const { http } of fleet.instances) {
      const { headers } = await http.post('/v1/auth/login').send(newPerson()).expect(401);
      counts.push(Number(/r=(\d+)/.exec(headers.ratelimit)![1]));
    }
    return counts;
  }

  it('is stopped lose no request, and go on limiting together, by the database', async () => {
    const ledger = new Ledger();
    await underTraffic(fleet, ledger, 4, async () => {
      await pause(2_000);
      await fleet.redis.stop('SIGKILL');
      await pause(3_000);
      const [one, two, three] = await left();
      expect([two, three]).toEqual([one - 1, one - 2]);
      await fleet.redis.start();
      await pause(4_000);
    });
    expect(ledger.failures).toEqual([]);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    const [one, two, three] = await left();
    expect([two, three]).toEqual([one - 1, one - 2]);
  });

  it('hangs lose no request', async () => {
    const ledger = new Ledger();
    await underTraffic(fleet, ledger, 4, async () => {
      await pause(1_000);
      fleet.redis.freeze();
      await pause(5_000);
      fleet.redis.thaw();
      await pause(1_000);
    });
    expect(ledger.failures).toEqual([]);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    expect(ledger.slowest).toBeLessThan(5_000);
  });
});
