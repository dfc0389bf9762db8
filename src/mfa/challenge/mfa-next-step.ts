import { Injectable } from '@nestjs/common';
import { type MfaState, NextStep } from '../../auth/index.js';
import type { Principal } from '../../tokens/principal.js';
import { Freshness } from '../enrollment/freshness.js';
import { UsableFactors } from '../enrollment/usable-factors.js';
import { SecondFactor } from './second-factor.service.js';

/** Answers what `auth` asks: does this user have to prove more? */
@Injectable()
export class MfaNextStep extends NextStep {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly factors: UsableFactors,
    private readonly freshness: Freshness,
  ) {
    super();
  }

  afterPassword(principal: Principal): Promise<MfaState> {
    return this.secondFactor.afterPassword(principal);
  }

  async requireFresh(principal: Principal): Promise<void> {
    await this.freshness.requireFactor(principal);
  }

  async stateOf({ userId, mfa }: Principal): Promise<MfaState> {
    if (mfa) return { status: 'satisfied' };
    return { status: (await this.factors.of(userId)).length > 0 ? 'required' : 'not_enrolled' };
  }
}
