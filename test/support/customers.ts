import { generateSync } from 'otplib';
import { newPerson } from './people.js';
import { type Answer, call, Interrupted, type Ledger, sessionOf } from './ledger.js';
import type { MailServer } from './mail-server.js';

/** Where customers are. */
export interface Site {
  readonly url: string;
  readonly mail: Pick<MailServer, 'mails'>;
  /** What the clocks of their phones show; the right time unless given. */
  now?(): number;
}

/** The newest code mailed to the address, once there is one that is none of `known`. */
export async function mailedCode({ mail }: Site, to: string, known: readonly string[]): Promise<string> {
  const deadline = performance.now() + 6_000;
  for (;;) {
    for (const { recipients, text } of mail.mails) {
      const code = recipients.includes(to) ? /\b(\d{6})\b/.exec(text)?.[1] : undefined;
      if (code !== undefined && !known.includes(code)) return code;
    }
    if (performance.now() > deadline) throw new Interrupted('no mail');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** From registration to logout, each request to whichever instance is next. */
export async function live(site: Site, ledger: Ledger): Promise<void> {
  const { email, password } = newPerson();
  const codes: string[] = [];
  const post = (path: string, body: object, token?: string) => call(ledger, site.url, `/v1${path}`, body, token);
  const get = (path: string, token: string) => call(ledger, site.url, `/v1${path}`, undefined, token);
  const expect = ({ status, body }: Answer, wanted: number, what: string) => {
    if (status !== wanted) ledger.violations.push(`${what}: ${status} ${JSON.stringify(body)}, not ${wanted}`);
    if (status !== wanted) throw new Interrupted(what);
    return body;
  };
  const nextCode = async () => {
    const code = await mailedCode(site, email, codes).catch((error: Error) => {
      ledger.failures.push(error.message);
      throw error;
    });
    codes.push(code);
    return code;
  };
  /** The same answer twice in one moment: it must be taken once. */
  const twice = async (path: string, body: object, token: string | undefined, accepted: number) => {
    const answers = await Promise.allSettled([post(path, body, token), post(path, body, token)]);
    const taken = answers.flatMap((one) =>
      one.status === 'fulfilled' && one.value.status === accepted ? [one.value] : [],
    );
    if (taken.length > 1) ledger.violations.push(`${path}: a code was taken twice`);
    if (taken.length === 1) return taken[0].body;
    const refusals = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.status] : []));
    if (refusals.length === answers.length)
      ledger.violations.push(`${path}: a right code was refused: ${refusals.join(' and ')}`);
    throw new Interrupted(path);
  };

  /** In two tabs at once: both get the same successor. */
  const refresh = async ({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }) => {
    const answers = await Promise.allSettled([1, 2].map(() => post('/auth/refresh', { refreshToken })));
    const refreshed = answers.flatMap((one) => (one.status === 'fulfilled' ? [expect(one.value, 200, 'refresh')] : []));
    refreshed.forEach((one) => ledger.saw(one));
    if (refreshed.length === 0) ledger.inDoubt.add(sessionOf(accessToken));
    if (refreshed.length < answers.length) throw new Interrupted('refresh');
    if (refreshed[0].refreshToken !== refreshed[1].refreshToken)
      ledger.violations.push('one refresh token has two successors');
    return refreshed[0];
  };

  const { verification } = expect(await post('/auth/register', { email, password }), 202, 'register');
  const code = await nextCode();
  const wrong = { challengeId: verification.id, code: code === '000000' ? '000001' : '000000' };
  expect(await post('/auth/email/verify', wrong), 422, 'a wrong code');
  await twice('/auth/email/verify', { challengeId: verification.id, code }, undefined, 204);
  const record: Ledger['registered'][number] = { email, password, recoveryCodes: [] };
  ledger.registered.push(record);

  const login = async () => {
    const session = expect(await post('/auth/login', { email, password }), 200, 'login');
    ledger.saw(session);
    return session;
  };
  const first = await login();
  const { factor } = expect(await post('/mfa/factors', { type: 'email' }, first.accessToken), 201, 'enrol');
  const activation = { code: await nextCode() };
  const activated = expect(
    await post(`/mfa/factors/${factor.id}/activate`, activation, first.accessToken),
    200,
    'activate',
  );
  ledger.enrolled.push(factor.id);
  record.recoveryCodes.push(...activated.recoveryCodes);

  const pending = await login();
  const path = `/mfa/challenges/${pending.mfa.challenge.id}`;
  expect(await get('/auth/events', pending.accessToken), 401, 'a guarded route without a second factor');
  let session = await twice(`${path}/verify`, { code: await nextCode() }, pending.accessToken, 200);
  ledger.saw(session);
  expect(await get('/auth/events', session.accessToken), 200, 'a guarded route');

  session = await refresh(session);

  const totp = expect(await post('/mfa/factors', { type: 'totp' }, session.accessToken), 201, 'enrol an app');
  const { secret } = totp.enrollment;
  // The step before this one is still good, which leaves this one for the step-up.
  const now = () => site.now?.() ?? Date.now();
  const app = (ago: number) => ({ code: generateSync({ secret, epoch: Math.floor(now() / 1_000) - ago }) });
  await clearOfTheNextStep(now());
  expect(await post(`/mfa/factors/${totp.factor.id}/activate`, app(30), session.accessToken), 200, 'activate an app');
  ledger.enrolled.push(totp.factor.id);
  const stepUp = expect(
    await post('/mfa/challenges', { factorId: totp.factor.id }, session.accessToken),
    201,
    'step up',
  );
  session = await twice(`/mfa/challenges/${stepUp.id}/verify`, app(0), session.accessToken, 200);
  ledger.saw(session);

  expect(await post('/auth/logout', {}, session.accessToken), 204, 'logout');
  ledger.ended.push(session.accessToken);

  const last = await login();
  const { id, factors } = last.mfa.challenge;
  const backup = factors.find(({ type }: { type: string }) => type === 'recovery_code');
  expect(await post(`/mfa/challenges/${id}/send`, { factorId: backup.id }, last.accessToken), 202, 'recover');
  const [recoveryCode] = record.recoveryCodes.splice(0, 1);
  session = await twice(`/mfa/challenges/${id}/verify`, { code: recoveryCode }, last.accessToken, 200);
  ledger.saw(session);
  record.usedCode = recoveryCode;
  // What stays behind is a family that has ancestors.
  await refresh(session);
  ledger.lives++;
}

/** So many customers at once, one after the other in each place, until the end of `during`. */
export async function underTraffic(
  site: Site,
  ledger: Ledger,
  places: number,
  during: () => Promise<void>,
): Promise<void> {
  let over = false;
  const place = async () => {
    while (!over) {
      await live(site, ledger).catch(async (error: Error) => {
        if (!(error instanceof Interrupted)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      });
    }
  };
  const traffic = Promise.all(Array.from({ length: places }, place));
  try {
    await Promise.race([during(), traffic]);
  } finally {
    over = true;
  }
  await traffic;
}

/** Waits for what the traffic brings about. @throws Error when it does not within half a minute */
export async function until(done: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 30_000; !done();) {
    if (performance.now() > deadline) throw new Error(`In vain: ${String(done)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits out the last seconds of a time step, so that what is computed now is still right when it arrives. */
async function clearOfTheNextStep(now: number): Promise<void> {
  const left = 30_000 - (now % 30_000);
  if (left < 6_000) await new Promise((resolve) => setTimeout(resolve, left + 10));
}
