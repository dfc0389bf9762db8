import { Injectable } from '@nestjs/common';
import { type AssuranceLevel, meets } from '../../tokens/assurance.js';
import type { Factor } from './factor.entity.js';
import { FactorRepository } from './factor.repository.js';
import { FactorVault } from './factor-vault.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import type { Requirement } from '../requirement.js';

/** What a factor has to be to be good for something. */
export type Demand = Pick<Requirement, 'acr' | 'factors'>;

/** What any factor meets. */
export const NO_DEMAND: Demand = { acr: 'mfa', factors: null };

/** Which factors a user has, and what he can prove with them. */
@Injectable()
export class UsableFactors {
  constructor(
    private readonly rows: FactorRepository,
    private readonly types: FactorTypes,
    private readonly vault: FactorVault,
  ) {}

  /**
   * Whether the user has a second factor. One that wrong answers disabled still is one: whoever guesses must not get so
   * far as to be asked for none. So is one whose type is not registered here any more: who has the password alone must
   * not get in because of a deployment. Recovery codes are none: they stand in for one.
   */
  async isEnrolled(userId: string): Promise<boolean> {
    return this.hasFactor(await this.proved(userId));
  }

  /**
   * What a challenge can ask for, best first: of the factors that meet the demand the preferred one, then the strongest,
   * then the oldest; and after them what stands in for a factor that is lost.
   */
  async offered(userId: string, demand: Demand = NO_DEMAND): Promise<Factor[]> {
    return this.bestOf(await this.proved(userId), demand);
  }

  /** Both {@link isEnrolled} and what is {@link offered}, read at once. */
  async standing(userId: string): Promise<{ readonly enrolled: boolean; readonly offered: Factor[] }> {
    const proved = await this.proved(userId);
    return { enrolled: this.hasFactor(proved), offered: this.bestOf(proved, NO_DEMAND) };
  }

  /** Whether the user has a factor that would meet the requirement. */
  async canMeet(userId: string, demand: Demand): Promise<boolean> {
    return (await this.offered(userId, demand)).length > 0;
  }

  /** Factors that were active once. */
  private async proved(userId: string): Promise<Factor[]> {
    return (await this.rows.findAll(userId)).filter(({ status }) => status !== 'pending');
  }

  private hasFactor(proved: readonly Factor[]): boolean {
    return proved.some(({ type }) => !this.types.isBackup(type));
  }

  private bestOf(proved: readonly Factor[], demand: Demand): Factor[] {
    const good = proved.filter((factor) => this.isGoodFor(factor, demand));
    // Nothing stands in where no factor of the user would do.
    if (good.every(({ type }) => this.types.isBackup(type))) return [];
    return good
      .filter((factor) => factor.status === 'active' && this.types.find(factor.type) && !this.isUsedUp(factor))
      .sort(
        (a, b) =>
          Number(this.types.isBackup(a.type)) - Number(this.types.isBackup(b.type)) ||
          Number(b.preferred) - Number(a.preferred) ||
          this.compare(this.levelOf(b), this.levelOf(a)),
      );
  }

  private isUsedUp(factor: Factor): boolean {
    return this.types.get(factor.type).isUsedUp?.(this.vault.open(factor)) ?? false;
  }

  private isGoodFor(factor: Factor, { acr, factors }: Demand): boolean {
    return meets(this.levelOf(factor), acr) && (factors === null || factors.includes(factor.type));
  }

  /** Of a type that is not registered any more nobody knows more than that it was a second factor. */
  private levelOf({ type }: Factor): AssuranceLevel {
    return this.types.find(type)?.acr ?? 'mfa';
  }

  private compare(one: AssuranceLevel, other: AssuranceLevel): number {
    return Number(meets(one, other)) - Number(meets(other, one));
  }
}
