import type { Site } from './customers.js';
import { type Answer, call, type Ledger, sessionOf } from './ledger.js';
import { stored } from './stored.js';

/** So many are looked at in one moment: as many as wait for a password hash without being turned away. */
const AT_ONCE = 8;

/** Where customers are, seen from behind. */
export interface Inspected extends Site {
  readonly databaseUrl: string;
  readonly instances: readonly { readonly url: string }[];
}

/**
 * What holds whatever has failed: every write that was acknowledged is in the database, nothing was used twice, no
 * family of refresh tokens has two heads, and everybody can sign in.
 * @returns what does not hold
 */
export async function brokenInvariants(site: Inspected, ledger: Ledger): Promise<string[]> {
  const lost = await lostWrites(site, ledger);
  const ended = new Set(ledger.ended.map(sessionOf));
  // The promise is: everywhere within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return [
    ...ledger.violations,
    ...lost,
    ...(await wrongWith(ledger.ended, (token) => stillAlive(site, ledger, token))),
    ...(await wrongWith(ledger.families, (family) => wrongHeads(site, ledger, family, ended.has(family[0])))),
    ...(await wrongWith(ledger.registered, async (person) => {
      const problem = await signIn(site, ledger, person).catch((error: Error) => error.message);
      return problem ? `${person.email} cannot sign in: ${problem}` : null;
    })),
  ];
}

/** Looks at all of them, some at a time. */
async function wrongWith<T>(all: Iterable<T>, problemOf: (one: T) => Promise<string | null>): Promise<string[]> {
  const problems: string[] = [];
  const left = [...all].values();
  const look = async () => {
    for (const one of left) problems.push((await problemOf(one)) ?? '');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return problems.filter(Boolean);
}

async function lostWrites({ databaseUrl }: Inspected, ledger: Ledger): Promise<string[]> {
  const values = async (sql: string) => new Set(await stored(databaseUrl, sql));
  const users = await values('SELECT email FROM stepgate_user');
  const factors = await values("SELECT id FROM stepgate_factor WHERE status = 'active'");
  const sessions = await values('SELECT id FROM stepgate_session');
  const ended = await values('SELECT id FROM stepgate_session WHERE endedAt IS NOT NULL');
  return [
    ...ledger.registered
      .filter(({ email }) => !users.has(email))
      .map(({ email }) => `the registration of ${email} is lost`),
    ...ledger.enrolled.filter((id) => !factors.has(id)).map((id) => `the factor ${id} is lost`),
    ...[...ledger.families.keys()].filter((id) => !sessions.has(id)).map((id) => `the session ${id} is lost`),
    ...ledger.ended.filter((token) => !ended.has(sessionOf(token))).map(() => 'a logout is lost'),
  ];
}

async function stillAlive({ instances }: Inspected, ledger: Ledger, token: string): Promise<string | null> {
  const answers = await Promise.all(
    instances.map(({ url }) => call(ledger, url, '/v1/auth/session', undefined, token)),
  );
  const wrong = answers.find(({ status }) => status !== 401);
  return wrong ? `a session that was logged out is answered ${wrong.status}` : null;
}

/** The newest token, and no other, is worth a new one; none is when the session was ended. @returns what is wrong */
async function wrongHeads(
  site: Site,
  ledger: Ledger,
  [session, tokens]: [string, string[]],
  ended: boolean,
): Promise<string | null> {
  const sure = !ledger.inDoubt.has(session);
  const answers: Answer[] = [];
  // Newest first: one before it counts as stolen, which ends the family, and nobody would see its second head.
  for (const refreshToken of tokens.toReversed())
    answers.push(await call(ledger, site.url, '/v1/auth/refresh', { refreshToken }));
  const taken = answers.filter(({ status }) => status === 200).map(({ body }) => body);
  taken.forEach((body) => ledger.saw(body));
  if (tokens.length > 1) ledger.inDoubt.add(session);
  if (ended) return taken.length > 0 ? `session ${session} was logged out and goes on` : null;
  if (sure && answers[0].status !== 200) return `the newest token of session ${session} is worth nothing`;
  const heads = new Set(taken.map(({ refreshToken }) => refreshToken)).size;
  return heads > 1 ? `session ${session} has ${heads} heads` : null;
}

/**
 * With the password, and with a recovery code that was not used; one that was used must not do.
 * @returns what is wrong
 */
export async function signIn(site: Site, ledger: Ledger, person: Ledger['registered'][number]): Promise<string | null> {
  const { email, password, recoveryCodes, usedCode } = person;
  const login = await call(ledger, site.url, '/v1/auth/login', { email, password });
  if (login.status !== 200) return `login ${login.status}`;
  const { accessToken, mfa } = login.body;
  if (recoveryCodes.length === 0) return null;
  const backup = mfa.challenge.factors.find(({ type }: { type: string }) => type === 'recovery_code');
  const path = `/v1/mfa/challenges/${mfa.challenge.id}`;
  await call(ledger, site.url, `${path}/send`, { factorId: backup.id }, accessToken);
  if (usedCode !== undefined) {
    const again = await call(ledger, site.url, `${path}/verify`, { code: usedCode }, accessToken);
    if (again.status === 200) return 'a used recovery code was taken again';
  }
  const code = recoveryCodes.shift();
  const { status } = await call(ledger, site.url, `${path}/verify`, { code }, accessToken);
  person.usedCode = code;
  return status === 200 ? null : `recovery code ${status}`;
}
