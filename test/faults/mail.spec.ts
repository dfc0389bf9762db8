import { mailedCode, underTraffic, until } from '../support/customers.js';
import { Fleet } from '../support/fleet.js';
import { brokenInvariants, signIn } from '../support/invariants.js';
import { call, Ledger } from '../support/ledger.js';
import { newPerson } from '../support/people.js';

const PLACES = 4;
/** In milliseconds. */
const AT_MOST = 5_000;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe('three instances whose mail server', () => {
  let fleet: Fleet;
  let ledger: Ledger;

  beforeAll(async () => {
    fleet = await Fleet.start();
  });
  beforeEach(() => {
    ledger = new Ledger();
  });
  afterAll(() => fleet?.remove());

  const post = (path: string, body: object, token?: string) => call(ledger, fleet.url, `/v1${path}`, body, token);
  const mailed = (to: string) =>
    fleet.mail.mails.flatMap(({ recipients, text }) => (recipients.includes(to) ? (/\b\d{6}\b/.exec(text) ?? []) : []));
  /** Customers of which each has a second factor by mail, and recovery codes. */
  const settled = async () => {
    await until(() => ledger.lives >= PLACES);
    return ledger.registered.filter(({ usedCode }) => usedCode !== undefined);
  };
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work;
    expect(performance.now() - startedAt).toBeLessThan(AT_MOST);
    return result;
  };
  const everythingIsAsBefore = async () => {
    const after = new Ledger();
    await underTraffic(fleet, after, PLACES, () => pause(1_000));
    expect(after.failures).toEqual([]);
    expect(after.lives).toBeGreaterThan(0);
    expect(await brokenInvariants(fleet, after)).toEqual([]);
  };

  it.each<{ what: string; begin: () => void | Promise<void>; mend: () => void | Promise<void> }>([
    { what: 'is down', begin: () => fleet.mail.close(), mend: () => fleet.mail.reopen() },
    {
      what: 'never says whether it took the mail',
      begin: () => fleet.mail.behave({ hangs: true }),
      mend: () => fleet.mail.behave({}),
    },
    { what: 'refuses', begin: () => fleet.mail.behave({ refuses: true }), mend: () => fleet.mail.behave({}) },
  ])('$what say so within 5 seconds, and send again when they are asked to', async ({ begin, mend }) => {
    await underTraffic(fleet, ledger, PLACES, async () => {
      const [{ email, password }, ...others] = await settled();
      await begin();
      const { status, body } = await timed(post('/auth/login', { email, password }));
      expect(status).toBe(200);
      const { challenge } = body.mfa;
      expect(challenge).toMatchObject({ status: 'pending', delivery: 'failed' });
      // At once: the minute between two messages does not hold for one that never came.
      expect(challenge).not.toHaveProperty('resendAt');
      expect(await timed(post('/auth/register', newPerson()))).toMatchObject({ status: 202 });
      // Who needs no mail.
      expect(await Promise.all(others.map((one) => signIn(fleet, ledger, one)))).toEqual(others.map(() => null));

      await mend();
      const path = `/mfa/challenges/${challenge.id}`;
      const known = mailed(email);
      const again = await timed(post(`${path}/send`, {}, body.accessToken));
      expect(again).toMatchObject({ status: 202, body: { delivery: 'sent', attemptsLeft: 5 } });
      const code = await mailedCode(fleet, email, known);
      expect(await post(`${path}/verify`, { code }, body.accessToken)).toMatchObject({ status: 200 });
    });
    // Whoever waited for one of those that were never sent.
    expect(ledger.failures.filter((failure) => failure !== 'no mail')).toEqual([]);
    expect(ledger.slowest).toBeLessThan(AT_MOST);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    await everythingIsAsBefore();
  });

  it('is slow send every mail nevertheless', async () => {
    await underTraffic(fleet, ledger, PLACES, async () => {
      const [{ email, password }] = await settled();
      fleet.mail.behave({ takes: 2_000 });
      const known = mailed(email);
      const { body } = await timed(post('/auth/login', { email, password }));
      expect(body.mfa.challenge).toMatchObject({ status: 'pending', delivery: 'sent' });
      const code = await mailedCode(fleet, email, known);
      const path = `/mfa/challenges/${body.mfa.challenge.id}/verify`;
      expect(await post(path, { code }, body.accessToken)).toMatchObject({ status: 200 });
      const { lives } = ledger;
      await until(() => ledger.lives >= lives + PLACES);
      fleet.mail.behave({});
    });
    expect(ledger.failures).toEqual([]);
    expect(ledger.slowest).toBeLessThan(AT_MOST);
    expect(await brokenInvariants(fleet, ledger)).toEqual([]);
    await everythingIsAsBefore();
  });
});
