import { Injectable } from '@nestjs/common';
import { type AssuranceLevel, meets } from '../../tokens/assurance.js';
import type { Factor } from './factor.entity.js';
import { FactorRepository } from './factor.repository.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import type { Requirement } from '../requirement.js';

/** What a factor has to be to be good for something. */
export type Demand = Pick<Requirement, 'acr' | 'factors'>;

/** What any factor meets. */
export const NO_DEMAND: Demand = { acr: 'mfa', factors: null };

/** What a user can prove, best first: the preferred factor, then the strongest, then the oldest. */
@Injectable()
export class UsableFactors {
  constructor(
    private readonly rows: FactorRepository,
    private readonly types: FactorTypes,
  ) {}

  /** The user's factors. Recovery codes are none: they stand in for one. */
  async of(userId: string): Promise<Factor[]> {
    return (await this.offered(userId)).filter(({ type }) => !this.types.isBackup(type));
  }

  /** What a challenge can ask for: the factors that meet the demand and, after them, what stands in for a lost one. */
  async offered(userId: string, demand: Demand = NO_DEMAND): Promise<Factor[]> {
    const good = (await this.rows.findActive(userId)).filter(
      ({ type }) => this.types.find(type) && this.canMeetBy(type, demand),
    );
    // A code on paper is no reason to let somebody in where no factor of his would do.
    if (good.every(({ type }) => this.types.isBackup(type))) return [];
    return good.sort(
      (a, b) =>
        Number(this.types.isBackup(a.type)) - Number(this.types.isBackup(b.type)) ||
        Number(b.preferred) - Number(a.preferred) ||
        this.compare(this.levelOf(b), this.levelOf(a)),
    );
  }

  /** Whether the user has a factor that would meet the requirement. */
  async canMeet(userId: string, demand: Demand): Promise<boolean> {
    return (await this.offered(userId, demand)).length > 0;
  }

  private canMeetBy(type: string, { acr, factors }: Demand): boolean {
    return meets(this.types.get(type).acr, acr) && (factors === null || factors.includes(type));
  }

  private levelOf({ type }: Factor): AssuranceLevel {
    return this.types.get(type).acr;
  }

  private compare(one: AssuranceLevel, other: AssuranceLevel): number {
    return Number(meets(one, other)) - Number(meets(other, one));
  }
}
