export { Accounts } from './accounts.service.js';
export { MfaModule } from './mfa.module.js';
export { MfaGuard } from './mfa.guard.js';
export { MfaProblem } from './mfa-problems.js';
export type { MfaOptions } from './mfa.options.js';
export { RequireMfa } from './require-mfa.decorator.js';
export type { MfaRequirement } from './requirement.js';
export { TrustedDevices } from './trusted-devices/trusted-devices.service.js';
export {
  type Accepted,
  type Account,
  type Answer,
  type EnrolledFactor,
  type Enrollment,
  type FactorQuestion,
  type FactorType,
  MfaFactorType,
  type OpenChallenge,
  type PasskeyType,
} from './factor-types/factor-type.js';
export { WebAuthnModule } from './factor-types/webauthn/webauthn.module.js';
export type { WebAuthnOptions } from './factor-types/webauthn/webauthn.options.js';
