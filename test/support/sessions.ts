import { randomId } from '../../src/kernel/secrets.js';
import { type Grant, type ProvedFactor, Sessions } from '../../src/sessions/sessions.service.js';
import type { TestApp } from './app.js';

const ORIGIN = { ip: '192.0.2.1', device: 'Jest' };

export const TOTP: ProvedFactor = { id: randomId(), type: 'totp', acr: 'aal2', amr: ['otp'] };

/** A session of somebody who has just proved his password; by the service, which spares a registration. */
export function openSession(app: TestApp, userId = randomId()): Promise<Grant> {
  return app.nest.get(Sessions).open(userId, { acr: 'aal1', amr: ['pwd'] }, ORIGIN);
}

/** A session with the MFA claim. */
export async function openMfaSession(app: TestApp, factor = TOTP): Promise<Grant> {
  const { principal } = await openSession(app);
  return app.nest.get(Sessions).upgrade(principal, factor);
}
