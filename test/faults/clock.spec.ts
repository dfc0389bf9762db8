import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live, underTraffic, until } from '../support/customers.js';
import { call, Ledger } from '../support/ledger.js';
import { Fleet } from '../support/fleet.js';
import { brokenInvariants, type Inspected } from '../support/invariants.js';

const PLACES = 4;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Debian's libfaketime, which moves the real clock of the processes that are started with it. */
const LIBFAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

describe('three instances whose clock is moved', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-clock-'));
  const file = join(folder, 'offset');
  let moved = 0;
  const setClock = (offset: string) => {
    writeFileSync(file, offset);
    moved = parseInt(offset) * 3_600_000;
  };
  let fleet: Fleet;
  let site: Inspected;

  beforeAll(async () => {
    if (!existsSync(LIBFAKETIME)) throw new Error('apt-get install libfaketime');
    setClock('+0');
    fleet = await Fleet.start({
      LD_PRELOAD: LIBFAKETIME,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    const { url, mail, databaseUrl, instances } = fleet;
    site = { url, mail, databaseUrl, instances, now: () => Date.now() + moved };
  });
  afterAll(async () => {
    await fleet?.remove();
    rmSync(folder, { recursive: true });
  });

  /** What a move refuses, and only to whom it finds in the middle: tokens, codes that were mailed, codes of an app. */
  const REFUSED_BY_A_MOVE = [
    /: 401 .*"code":"invalid_token"/,
    // Moved back, an instance that knows the token still takes it, and its second factor is from a time to come.
    /: 401 .*"code":"insufficient_user_authentication".*"More recent authentication is required\."/,
    /: 410 .*"code":"challenge_expired"/,
    /^activate an app: 422 .*"code":"invalid_code"/,
    // The move may come between the two, or between the token's check and the code's.
    /: a right code was refused: (401|410|422) and (401|410|422)$/,
  ];
  const isOfAMove = (violation: string) => REFUSED_BY_A_MOVE.some((refusal) => refusal.test(violation));

  it.each(['+1h', '-1h'])(
    'by %s keep every promise: nothing dead comes back, and nobody is shut out',
    async (offset) => {
      const [before, during] = [new Ledger(), new Ledger()];
      await Promise.all([1, 2, 3].map(() => live(site, before)));
      const move = async (to: string) => {
        setClock(to);
        // Node writes the date of an answer anew each second.
        await pause(1_100);
        // They had an hour without a refresh, or begin in an hour only.
        for (const { families, inDoubt } of [before, during]) for (const id of families.keys()) inDoubt.add(id);
      };
      const moreLives = () => {
        const wanted = during.lives + PLACES;
        return until(() => during.lives >= wanted);
      };
      await underTraffic(site, during, PLACES, async () => {
        await pause(1_000);
        await move(offset);
        const { headers } = await fetch(`${fleet.instances[0].url}/health/live`);
        expect(Math.abs(Date.parse(headers.get('date')!) - Date.now())).toBeGreaterThan(3_500_000);
        expect(await brokenInvariants(site, before)).toEqual([]);
        // A session that begins now ends now, everywhere.
        const { email, password } = before.registered[0];
        const { body } = await call(before, fleet.url, '/v1/auth/login', { email, password });
        await call(before, fleet.url, '/v1/auth/logout', {}, body.accessToken);
        before.ended.push(body.accessToken);
        await moreLives();
        await move('+0');
        await moreLives();
      });
      expect(await brokenInvariants(site, before)).toEqual([]);
      const broken = await brokenInvariants(site, during);
      expect(broken.filter((one) => !isOfAMove(one))).toEqual([]);
      // Two moves, and each ends the life that it refuses something.
      expect(broken.length).toBeLessThanOrEqual(2 * PLACES);
      expect([...before.failures, ...during.failures]).toEqual([]);
    },
  );
});
