import type { AuditEntry } from '../audit/audit-event.js';
import type { Problem } from '../kernel/problem.js';
import type { Principal } from '../tokens/principal.js';
import { MfaProblem } from './mfa-problems.js';
import type { Requirement, Shortfall } from './requirement.js';

const ANOTHER_LEVEL = 'A different authentication level is required';
const MORE_RECENT = 'More recent authentication is required';

/**
 * The answer to a token that proves too little (RFC 9470, 3): what is missing, in the header and again in the body.
 * @param enrolled whether the user has a factor that would do
 */
export function insufficient(required: Requirement, { level }: Shortfall, enrolled: boolean): Problem {
  const acrValues = level ? required.acr : undefined;
  // Who has to prove a factor anyway must know how recent it has to be.
  const maxAge = required.maxAge !== null ? required.maxAge / 1_000 : undefined;
  const parameters = [
    'error="insufficient_user_authentication"',
    `error_description="${level ? ANOTHER_LEVEL : MORE_RECENT}"`,
    ...(acrValues === undefined ? [] : [`acr_values="${acrValues}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ];
  return MfaProblem.assuranceTooLow({
    detail: level ? `${ANOTHER_LEVEL}.` : `${MORE_RECENT}.`,
    ...(acrValues !== undefined && { acrValues }),
    ...(maxAge !== undefined && { maxAge }),
    ...(level && required.factors && { factors: required.factors }),
    enrolled,
    headers: { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` },
  });
}

/** The event of such a refusal: whose token it was, and what was asked of it. */
export function refusalOf({ userId, sessionId }: Principal, { acr, maxAge, factors }: Requirement): AuditEntry {
  const detail = {
    acr,
    ...(maxAge !== null && { maxAge: maxAge / 1_000 }),
    ...(factors && { factors: factors.join() }),
  };
  return { type: 'mfa.insufficient', userId, sessionId, detail };
}
