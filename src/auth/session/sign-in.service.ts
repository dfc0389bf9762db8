import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Refresh } from '../../sessions/refresh.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { type User, UserStore } from '../../users/user-store.js';
import { AuthProblem } from '../auth-problems.js';
import { NextSteps } from '../next-steps.js';
import { type SessionDto, toSessionDto } from './session.dto.js';

/** From a proved password, or a refresh token, to a session. */
@Injectable()
export class SignIn {
  constructor(
    private readonly users: UserStore,
    private readonly sessions: Sessions,
    private readonly refreshing: Refresh,
    private readonly steps: NextSteps,
    private readonly audit: Audit,
  ) {}

  /** @throws Problem `invalid_credentials` when the password was changed since it was found right */
  async withPassword(user: User, origin: RequestOrigin, deviceToken?: string): Promise<SessionDto> {
    const provided = this.users.whileProved(user);
    const grant = await this.sessions.open(user.id, { acr: 'aal1', amr: ['pwd'] }, origin, { provided });
    if (!grant) {
      const refused = AuthProblem.invalidCredentials();
      this.audit.record({ type: 'login.failed', userId: user.id, detail: { reason: refused.definition.code } }, origin);
      throw refused;
    }
    this.audit.record({ type: 'login.succeeded', userId: user.id, sessionId: grant.principal.sessionId }, origin);
    const state = await this.steps.next?.afterPassword({ ...grant.principal, origin }, user, deviceToken);
    return toSessionDto(grant, state ?? { status: 'not_enrolled' });
  }

  /** @throws Problem `invalid_token` */
  async withRefreshToken(refreshToken: string, origin: RequestOrigin): Promise<SessionDto> {
    const grant = await this.refreshing.refresh(refreshToken, origin);
    return toSessionDto(grant, (await this.steps.next?.stateOf(grant.principal)) ?? { status: 'not_enrolled' });
  }
}
