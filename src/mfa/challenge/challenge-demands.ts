import { Injectable } from '@nestjs/common';
import type { Challenge } from '../../challenges/challenge.entity.js';
import { Secrets } from '../../kernel/secrets.js';
import { type Demand, NO_DEMAND } from '../enrollment/usable-factors.js';

const USE = 'challenge-demand';

/** What a challenge is to satisfy. Kept with it, so that its answerer cannot switch to a weaker factor later. */
@Injectable()
export class ChallengeDemands {
  constructor(private readonly secrets: Secrets) {}

  seal(challengeId: string, demand: Demand): string {
    return this.secrets.seal(USE, challengeId, JSON.stringify(demand));
  }

  of({ id, sealed }: Pick<Challenge, 'id' | 'sealed'>): Demand {
    return sealed === null ? NO_DEMAND : (JSON.parse(this.secrets.unseal(USE, id, sealed)) as Demand);
  }
}
