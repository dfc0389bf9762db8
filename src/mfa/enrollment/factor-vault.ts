import { Injectable } from '@nestjs/common';
import { Secrets } from '../../kernel/secrets.js';
import type { EnrolledFactor } from '../factor-types/factor-type.js';
import type { Factor } from './factor.entity.js';

const USE = 'factor';
const UNIQUE_KEY_USE = 'factor-unique-key';

/** Seals what a factor type keeps. Bound to factor and user, so a value copied into another row does not open. */
@Injectable()
export class FactorVault {
  constructor(private readonly secrets: Secrets) {}

  seal({ id, userId }: Pick<Factor, 'id' | 'userId'>, secret: string | null): string | null {
    return secret === null ? null : this.secrets.seal(USE, `${userId}/${id}`, secret);
  }

  open({ id, userId, sealed }: Factor): EnrolledFactor {
    return { id, userId, secret: sealed === null ? null : this.secrets.unseal(USE, `${userId}/${id}`, sealed) };
  }

  /** What the unique column keeps of the `uniqueKey` that a type gave. */
  hashUniqueKey(type: string, uniqueKey: string): string {
    return this.secrets.hash(UNIQUE_KEY_USE, type, uniqueKey);
  }
}
