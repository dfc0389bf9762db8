import { type ChallengeDto, toChallengeDto } from '../../auth/index.js';
import type { Challenge } from '../../challenges/challenge.entity.js';
import type { ChallengeStatus } from '../../challenges/challenges.service.js';
import type { Factor } from '../enrollment/factor.entity.js';

/** A challenge as its user sees it: what is asked for, and what could be asked for instead. */
export function viewChallenge(
  challenge: Challenge,
  status: ChallengeStatus,
  offered: readonly Factor[],
  publicKey?: object,
): ChallengeDto {
  const factors = offered.map(({ id, type, label, destination, preferred }) => ({
    id,
    type,
    label,
    ...(destination !== null && { destination }),
    preferred,
  }));
  const asked = factors.find(({ id }) => id === challenge.factorId);
  const factor = asked
    ? { id: asked.id, type: asked.type, ...(asked.destination !== undefined && { destination: asked.destination }) }
    : { id: challenge.factorId!, type: 'removed' };
  return toChallengeDto(challenge, status, factor, factors, publicKey);
}
