import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MfaProblem } from '../mfa-problems.js';
import type { Factor } from './factor.entity.js';
import { FactorRepository } from './factor.repository.js';

const MOST_FACTORS = 20;
const ALL_SLOTS = Array.from({ length: MOST_FACTORS }, (_, slot) => slot);

/**
 * A user has at most 20 factors: each takes a slot of its own, of which there are as many, and the unique index on user and
 * slot keeps it so for any number of enrolments at the same moment.
 */
@Injectable()
export class FactorSlots {
  constructor(private readonly rows: FactorRepository) {}

  /** @throws Problem `conflict` when these take all slots */
  requireFree(factors: readonly Factor[]): number[] {
    const free = ALL_SLOTS.filter((slot) => factors.every((factor) => factor.slot !== slot));
    if (free.length === 0) throw MfaProblem.conflict({ detail: `At most ${MOST_FACTORS} factors. Remove one first.` });
    return free;
  }

  /**
   * Inserts the factor in a free slot.
   * @throws Problem `conflict` when there is none
   */
  async fill(factor: Omit<Factor, 'slot'>): Promise<Factor> {
    for (;;) {
      const free = this.requireFree(await this.rows.findAll(factor.userId));
      // Any of them, so that those who ask at the same moment seldom want the same.
      const filled = { ...factor, slot: free[randomInt(free.length)] };
      if (await this.rows.insertInSlot(filled)) return filled;
    }
  }
}
