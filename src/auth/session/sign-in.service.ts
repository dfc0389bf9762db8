import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { requestOrigin } from '../../http/request-context.js';
import { Refresh } from '../../sessions/refresh.js';
import { Sessions } from '../../sessions/sessions.service.js';
import type { User } from '../../users/user-store.js';
import { NextStep } from '../next-step.js';
import { type SessionDto, toSessionDto } from './session.dto.js';

/** From a proved password, or a refresh token, to a session. */
@Injectable()
export class SignIn implements OnModuleInit {
  private next: NextStep | null = null;

  constructor(
    private readonly sessions: Sessions,
    private readonly refreshing: Refresh,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    try {
      // Looked up, not injected: the module that answers imports this one.
      this.next = this.modules.get(NextStep, { strict: false });
    } catch {
      this.next = null;
    }
  }

  async withPassword(user: User): Promise<SessionDto> {
    const grant = await this.sessions.open(user.id, { acr: 'aal1', amr: ['pwd'] }, requestOrigin());
    return toSessionDto(grant, (await this.next?.afterPassword(grant.principal, user)) ?? { status: 'not_enrolled' });
  }

  /** @throws Problem `invalid_token` */
  async withRefreshToken(refreshToken: string): Promise<SessionDto> {
    const grant = await this.refreshing.refresh(refreshToken);
    return toSessionDto(grant, (await this.next?.stateOf(grant.principal)) ?? { status: 'not_enrolled' });
  }
}
