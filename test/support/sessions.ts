import { randomId } from '../../src/kernel/secrets.js';
import type { Grant } from '../../src/sessions/grants.js';
import { type ProvedFactor, Sessions } from '../../src/sessions/sessions.service.js';
import { UserStore } from '../../src/users/user-store.js';
import type { TestApp } from './app.js';

const ORIGIN = { requestId: '-', ip: '192.0.2.1', device: 'Jest' };

export const TOTP: ProvedFactor = { id: randomId(), type: 'totp', acr: 'aal2', amr: ['otp'] };

/** A session of somebody who has just proved his password; by the service, which spares a registration. */
export async function openSession(app: TestApp): Promise<Grant> {
  const user = { email: `${randomId()}@example.com`, displayName: null, passwordHash: 'none' };
  const { id } = (await app.nest.get(UserStore).create(user))!;
  return (await app.nest.get(Sessions).open(id, { acr: 'aal1', amr: ['pwd'] }, ORIGIN))!;
}

/** A session with the MFA claim. */
export async function openMfaSession(app: TestApp, factor = TOTP): Promise<Grant> {
  const { principal } = await openSession(app);
  return (await app.nest.get(Sessions).upgrade(principal, factor))!;
}
