export { AuthModule } from './auth.module.js';
export { AuthProblem } from './auth-problems.js';
export { type Caller, CurrentCaller } from './caller.js';
export { type AuthenticatedRequest, CurrentPrincipal } from './current-principal.decorator.js';
export { JwtGuard } from './jwt/jwt.guard.js';
export { type MfaState, type MfaStatus, NextStep, type OwnDevice } from './next-step.js';
export { IS_PART_OF_SIGN_IN, PartOfSignIn } from './part-of-sign-in.decorator.js';
export { IS_PUBLIC, Public } from '../http/public.decorator.js';
export {
  ChallengeDto,
  type ChallengeFactorDto,
  type ChoosableFactorDto,
  toChallengeDto,
} from './session/challenge.dto.js';
export { CHALLENGE_ID_EXAMPLE, FACTOR_ID_EXAMPLE } from '../http/docs/live-examples.js';
export { SessionDto, toSessionDto } from './session/session.dto.js';
