import { Injectable } from '@nestjs/common';
import { type Caller, type MfaState, NextStep, type OwnDevice } from '../../auth/index.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import type { Principal } from '../../tokens/principal.js';
import type { User } from '../../users/user-store.js';
import { Freshness } from '../enrollment/freshness.js';
import { UsableFactors } from '../enrollment/usable-factors.js';
import { TrustedDevices } from '../trusted-devices/trusted-devices.service.js';
import { SecondFactor } from './second-factor.service.js';

/** Answers what `auth` asks: does this user have to prove more? */
@Injectable()
export class MfaNextStep extends NextStep {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly factors: UsableFactors,
    private readonly freshness: Freshness,
    private readonly devices: TrustedDevices,
  ) {
    super();
  }

  deviceOf(deviceToken: string): Promise<OwnDevice | null> {
    return this.devices.find(deviceToken);
  }

  async afterPassword(caller: Caller, _: User, deviceToken?: string): Promise<MfaState> {
    if (deviceToken !== undefined && (await this.devices.recognize(caller, deviceToken)))
      return { status: 'trusted_device' };
    return this.secondFactor.afterPassword(caller);
  }

  async requireFresh(caller: Caller): Promise<void> {
    await this.freshness.requireFactor(caller);
  }

  passwordChanged(userId: string, origin: RequestOrigin): Promise<void> {
    return this.devices.forgetAll(userId, origin);
  }

  async stateOf({ userId, sessionId, mfa }: Principal): Promise<MfaState> {
    if (mfa) return { status: 'satisfied' };
    if (!(await this.factors.isEnrolled(userId))) return { status: 'not_enrolled' };
    return { status: (await this.devices.hasOpened(sessionId)) ? 'trusted_device' : 'required' };
  }
}
