import type { RequestOrigin } from '../http/request-origin.js';
import type { Principal } from '../tokens/principal.js';
import type { User } from '../users/user-store.js';
import type { Caller } from './caller.js';
import type { ChallengeDto } from './session/challenge.dto.js';

export type MfaStatus = 'not_enrolled' | 'required' | 'satisfied' | 'trusted_device';

export interface MfaState {
  readonly status: MfaStatus;
  readonly challenge?: ChallengeDto;
}

/** A device that its owner trusts: whoever shows its token has been through his second factor there. */
export interface OwnDevice {
  readonly id: string;
  readonly userId: string;
}

/**
 * What comes next for a user who has just proved his password, or refreshed. `auth` asks; `mfa` answers. An application
 * without `MfaModule` has none, and every user is `not_enrolled`.
 */
export abstract class NextStep {
  /** Before the password is judged: the trusted device that the token is of, whosever it is; null for none. */
  abstract deviceOf(deviceToken: string): Promise<OwnDevice | null>;

  /**
   * After the password: opens a challenge when the user has a second factor.
   * @param deviceToken what the client showed of a device that the user trusts
   */
  abstract afterPassword(caller: Caller, user: User, deviceToken?: string): Promise<MfaState>;

  /** Where the session stands, without opening anything. */
  abstract stateOf(principal: Principal): Promise<MfaState>;

  /**
   * Before something that a stolen session must not do.
   * @throws Problem `insufficient_user_authentication` when the user has a second factor and has not proved it lately
   */
  abstract requireFresh(caller: Caller): Promise<void>;

  /** After a new password: what spared the user his second factor until now spares it no more. */
  abstract passwordChanged(userId: string, origin: RequestOrigin): Promise<void>;
}
