import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live } from '../support/customers.js';
import { call, Ledger } from '../support/ledger.js';
import { Fleet } from '../support/fleet.js';
import { brokenInvariants } from '../support/invariants.js';

/** Debian's libfaketime, which moves the real clock of the processes that are started with it. */
const LIBFAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

describe('three instances whose clock is moved', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-clock-'));
  const file = join(folder, 'offset');
  const setClock = (offset: string) => writeFileSync(file, offset);
  let fleet: Fleet;

  beforeAll(async () => {
    if (!existsSync(LIBFAKETIME)) throw new Error('apt-get install libfaketime');
    setClock('+0');
    fleet = await Fleet.start({
      LD_PRELOAD: LIBFAKETIME,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
  });
  afterAll(async () => {
    await fleet?.remove();
    rmSync(folder, { recursive: true });
  });

  it.each(['+1h', '-1h'])(
    'by %s keep every promise: nothing dead comes back, and nobody is shut out',
    async (offset) => {
      const ledger = new Ledger();
      await Promise.all([1, 2, 3].map(() => live(fleet, ledger)));
      setClock(offset);
      // Node writes the date of an answer anew each second.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const { headers } = await fetch(`${fleet.instances[0].url}/health/live`);
      expect(Math.abs(Date.parse(headers.get('date')!) - Date.now())).toBeGreaterThan(3_500_000);
      expect(await brokenInvariants(fleet, ledger)).toEqual([]);
      // A session that begins now ends now, everywhere.
      const { email, password } = ledger.registered[0];
      const { body } = await call(ledger, fleet.url, '/v1/auth/login', { email, password });
      await call(ledger, fleet.url, '/v1/auth/logout', {}, body.accessToken);
      ledger.ended.push(body.accessToken);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      setClock('+0');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await brokenInvariants(fleet, ledger)).toEqual([]);
      expect(ledger.failures).toEqual([]);
    },
  );
});
