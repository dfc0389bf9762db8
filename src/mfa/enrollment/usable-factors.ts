import { Injectable } from '@nestjs/common';
import { type AssuranceLevel, meets } from '../../tokens/assurance.js';
import type { Factor } from './factor.entity.js';
import { FactorRepository } from './factor.repository.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import type { Requirement } from '../requirement.js';

/** What a user can prove, best first: the preferred factor, then the strongest, then the oldest. */
@Injectable()
export class UsableFactors {
  constructor(
    private readonly rows: FactorRepository,
    private readonly types: FactorTypes,
  ) {}

  async of(userId: string): Promise<Factor[]> {
    const active = await this.rows.findActive(userId);
    return active
      .filter(({ type }) => this.types.find(type))
      .sort((a, b) => Number(b.preferred) - Number(a.preferred) || this.compare(this.levelOf(b), this.levelOf(a)));
  }

  /** Whether the user has a factor that would meet the requirement. */
  async canMeet(userId: string, { acr, factors }: Pick<Requirement, 'acr' | 'factors'>): Promise<boolean> {
    return (await this.of(userId)).some(
      (factor) => meets(this.levelOf(factor), acr) && (factors === null || factors.includes(factor.type)),
    );
  }

  private levelOf({ type }: Factor): AssuranceLevel {
    return this.types.get(type).acr;
  }

  private compare(one: AssuranceLevel, other: AssuranceLevel): number {
    return Number(meets(one, other)) - Number(meets(other, one));
  }
}
