import { createConnection } from 'mysql2/promise';
import { call, type Ledger, sessionOf } from './ledger.js';
import type { Fleet } from './fleet.js';

/**
 * What holds whatever has failed: every write that was acknowledged is in the database, nothing was used twice, no
 * family of refresh tokens has two heads, and everybody can sign in.
 * @returns what does not hold
 */
export async function brokenInvariants(fleet: Fleet, ledger: Ledger): Promise<string[]> {
  const broken = [...ledger.violations, ...(await lostWrites(fleet, ledger))];
  // The promise is: everywhere within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (const token of ledger.ended.slice(-20)) {
    for (const { url } of fleet.instances) {
      const { status } = await call(ledger, url, '/v1/auth/session', undefined, token);
      if (status !== 401) broken.push(`a session that was logged out is answered ${status}`);
    }
  }
  for (const [session, tokens] of [...ledger.families].slice(-20)) {
    const successors = new Set<string>();
    for (const refreshToken of tokens.toReversed()) {
      const { status, body } = await call(ledger, fleet.url, '/v1/auth/refresh', { refreshToken });
      if (status === 200) successors.add(body.refreshToken);
    }
    if (successors.size > 1) broken.push(`session ${session} has ${successors.size} heads`);
  }
  for (const person of ledger.registered) {
    const problem = await signIn(fleet, ledger, person).catch((error: Error) => error.message);
    if (problem) broken.push(`${person.email} cannot sign in: ${problem}`);
  }
  return broken;
}

async function lostWrites({ databaseUrl }: Fleet, ledger: Ledger): Promise<string[]> {
  const database = await createConnection(databaseUrl);
  const values = async (sql: string) =>
    new Set(((await database.query({ sql, rowsAsArray: true }))[0] as unknown[][]).flat());
  const users = await values('SELECT email FROM stepgate_user');
  const factors = await values("SELECT id FROM stepgate_factor WHERE status = 'active'");
  const ended = await values('SELECT id FROM stepgate_session WHERE endedAt IS NOT NULL');
  await database.end();
  return [
    ...ledger.registered
      .filter(({ email }) => !users.has(email))
      .map(({ email }) => `the registration of ${email} is lost`),
    ...ledger.enrolled.filter((id) => !factors.has(id)).map((id) => `the factor ${id} is lost`),
    ...ledger.ended.filter((token) => !ended.has(sessionOf(token))).map(() => 'a logout is lost'),
  ];
}

/** With the password, and with a recovery code that was not used; one that was used must not do. @returns what is wrong */
async function signIn(fleet: Fleet, ledger: Ledger, person: Ledger['registered'][number]): Promise<string | null> {
  const { email, password, recoveryCodes, usedCode } = person;
  const login = await call(ledger, fleet.url, '/v1/auth/login', { email, password });
  if (login.status !== 200) return `login ${login.status}`;
  const { accessToken, mfa } = login.body;
  if (recoveryCodes.length === 0) return null;
  const backup = mfa.challenge.factors.find(({ type }: { type: string }) => type === 'recovery_code');
  const path = `/v1/mfa/challenges/${mfa.challenge.id}`;
  await call(ledger, fleet.url, `${path}/send`, { factorId: backup.id }, accessToken);
  if (usedCode !== undefined) {
    const again = await call(ledger, fleet.url, `${path}/verify`, { code: usedCode }, accessToken);
    if (again.status === 200) return 'a used recovery code was taken again';
  }
  const code = recoveryCodes.shift();
  const { status } = await call(ledger, fleet.url, `${path}/verify`, { code }, accessToken);
  person.usedCode = code;
  return status === 200 ? null : `recovery code ${status}`;
}
