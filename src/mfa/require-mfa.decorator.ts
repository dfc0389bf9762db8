import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiProblem } from '../http/api-problem.js';
import { MfaProblem } from './mfa-problems.js';
import { type MfaRequirement, parseRequirement } from './requirement.js';

export const MFA_REQUIREMENT = 'stepgate:mfa-requirement';

/**
 * Lets only callers through whose access token shows a second factor: any, one of at least a level, one proved lately,
 * or one of certain types. On a class, a method or both; then the stricter of the two counts, so a method never loosens
 * its class. Others get the 401 of RFC 9470, which says what is missing.
 *
 * ```ts
 * @RequireMfa({ acr: 'aal2', maxAge: '5m' })
 * ```
 * @throws Error where the class is defined, when the requirement makes no sense
 */
export function RequireMfa(requirement: MfaRequirement = {}): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(MFA_REQUIREMENT, parseRequirement(requirement)),
    ApiProblem(MfaProblem.assuranceTooLow),
  );
}
