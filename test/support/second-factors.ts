import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { randomId } from '../../src/kernel/secrets.js';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import type { Caller, ChallengeDto } from '../../src/auth/index.js';
import { Challenge } from '../../src/challenges/challenge.entity.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { Enrollment } from '../../src/mfa/enrollment/enrollment.service.js';
import type { Factor } from '../../src/mfa/enrollment/factor.entity.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { UserStore } from '../../src/users/user-store.js';
import type { TestApp } from './app.js';
import { principalOf } from './people.js';

export { outcome } from './outcome.js';

// The engine without HTTP: races show here, and two servers in one process share passport's strategies.

/** Somebody who has just given the password, and who has factors. */
export interface Challenged {
  readonly userId: string;
  readonly email: string;
  readonly principal: Caller;
  /** By factor type. */
  readonly factorIds: Readonly<Record<string, string>>;
  readonly addresses: Readonly<Record<string, string>>;
}

/** A number of Germany's mobile range that no other test has. */
export const newPhoneNumber = (): string =>
  `+4915112${String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0')}`;

/** A user with a factor of each type, in a session that has proved the password alone. */
export async function newUserWithFactors(app: TestApp, types: readonly string[] = ['email']): Promise<Challenged> {
  const email = `ada-${randomBytes(6).toString('hex')}@example.com`;
  const user = await app.nest.get(UserStore).create({ email, displayName: null, passwordHash: '-' });
  const userId = user!.id;
  const enrollment = app.nest.get(Enrollment);
  const addresses: Record<string, string> = { email, sms: newPhoneNumber() };
  const factorIds: Record<string, string> = {};
  let principal = await openSession(app, userId);
  for (const type of types) {
    const input = type === 'sms' ? { type, phoneNumber: addresses.sms } : { type };
    const { factor } = await enrollment.enroll(principal, input);
    await enrollment.activate(principal, factor.id, { code: app.lastCode(addresses[type]) });
    factorIds[type] = factor.id;
    if (types.length > 1) principal = await proveFirst(app, principal, addresses[types[0]]);
  }
  return { userId, email, principal: await openSession(app, userId), factorIds, addresses };
}

export async function openSession(app: TestApp, userId: string): Promise<Caller> {
  const assurance = { acr: 'aal1', amr: ['pwd'] } as const;
  const { principal } = (await app.nest.get(Sessions).open(userId, assurance, NO_REQUEST))!;
  return { ...principal, origin: NO_REQUEST };
}

/** What a login does after the password: a challenge, its code sent. */
export async function challenge(app: TestApp, { principal }: Pick<Challenged, 'principal'>): Promise<ChallengeDto> {
  return (await app.nest.get(SecondFactor).afterPassword(principal)).challenge!;
}

/** The row of a factor that waits to be proved. */
export function pendingFactor<Given extends Partial<Factor>>(given: Given) {
  return {
    id: randomId(),
    userId: randomId(),
    slot: 0,
    type: 'sms',
    status: 'pending' as const,
    label: 'Phone',
    destination: null,
    sealed: null,
    uniqueKey: null,
    preferred: false,
    createdAt: new Date(),
    lastUsedAt: null,
    failures: 0,
    blockedUntil: null,
    ...given,
  };
}

/** The row as the database has it. */
export function challengeRow(app: TestApp, id: string): Promise<Challenge> {
  return app.nest.get(DataSource).getRepository(Challenge).findOneByOrFail({ id });
}

/** A code of six digits that is none of these. */
export function wrongCode(...right: readonly string[]): string {
  for (let guess = 0; ; guess++) {
    const code = String(guess).padStart(6, '0');
    if (!right.includes(code)) return code;
  }
}

/** A second factor, so that the next one may be enrolled. */
async function proveFirst(app: TestApp, principal: Caller, to: string): Promise<Caller> {
  const secondFactor = app.nest.get(SecondFactor);
  const { id } = (await secondFactor.afterPassword(principal)).challenge!;
  return principalOf(app, await secondFactor.verify(principal, id, { code: app.lastCode(to) }));
}

/** An access token with the MFA claim, by a factor of that type. */
export async function tokenBy(app: TestApp, user: Challenged, type: string): Promise<string> {
  const secondFactor = app.nest.get(SecondFactor);
  const principal = await openSession(app, user.userId);
  const { id } = await secondFactor.start(principal, user.factorIds[type]);
  return (await secondFactor.verify(principal, id, { code: app.lastCode(user.addresses[type]) })).accessToken;
}

/** An access token of the password alone. */
export async function passwordToken(app: TestApp, { userId }: Pick<Challenged, 'userId'>): Promise<string> {
  const assurance = { acr: 'aal1', amr: ['pwd'] } as const;
  return (await app.nest.get(Sessions).open(userId, assurance, NO_REQUEST))!.accessToken;
}
