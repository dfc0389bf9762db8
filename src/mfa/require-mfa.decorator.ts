import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import { ApiProblem } from '../http/api-problem.js';
import { MfaProblem } from './mfa-problems.js';
import { type MfaRequirement, parseRequirement, type Requirement, stricter } from './requirement.js';

export const MFA_REQUIREMENT = 'stepgate:mfa-requirement';

/**
 * Lets only callers through whose access token shows a second factor: any, one of at least a level, one proved lately,
 * or one of certain types. On a class, a method or both, also several times (inherited, or inside another decorator):
 * the strictest counts, so a method never loosens its class. Others get the 401 of RFC 9470, which says what is missing.
 *
 * ```ts
 * @RequireMfa({ acr: 'aal2', maxAge: '5m' })
 * ```
 * @throws Error where the class is defined, when the requirement makes no sense
 */
export function RequireMfa(requirement: MfaRequirement = {}): MethodDecorator & ClassDecorator {
  return applyDecorators(alsoRequire(parseRequirement(requirement)), ApiProblem(MfaProblem.assuranceTooLow));
}

/** A second decorator would put its requirement in the place of the first. */
function alsoRequire(requirement: Requirement): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, method?: { value?: unknown }) => {
    const decorated = (method?.value ?? target);
    const others = Reflect.getMetadata(MFA_REQUIREMENT, decorated) as Requirement | undefined;
    Reflect.defineMetadata(MFA_REQUIREMENT, others ? stricter(others, requirement) : requirement, decorated);
  };
}
