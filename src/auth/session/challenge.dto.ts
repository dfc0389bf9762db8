import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Challenge } from '../../challenges/challenge.entity.js';
import { MAX_ATTEMPTS } from '../../challenges/challenge.repository.js';
import type { ChallengeStatus } from '../../challenges/challenges.service.js';
import { CHALLENGE_ID_EXAMPLE, FACTOR_ID_EXAMPLE } from '../../http/docs/live-examples.js';

/** A factor as a challenge shows it. */
export class ChallengeFactorDto {
  @ApiProperty({ example: FACTOR_ID_EXAMPLE })
  readonly id: string;
  @ApiProperty({ example: 'email' })
  readonly type: string;
  @ApiProperty({ required: false, example: 'a•••@example.com', description: 'Where the code went, masked.' })
  readonly destination?: string;
}

export class ChoosableFactorDto extends ChallengeFactorDto {
  @ApiProperty({ example: 'Work e-mail' })
  readonly label: string;
  @ApiProperty({ example: true })
  readonly preferred: boolean;
}

/** One open question to one person. */
export class ChallengeDto {
  @ApiProperty({ example: CHALLENGE_ID_EXAMPLE })
  readonly id: string;
  @ApiProperty({ enum: ['pending', 'verified', 'expired', 'exhausted'], example: 'pending' })
  readonly status: string;
  @ApiProperty({ description: 'The factor that is asked for.' })
  readonly factor: ChallengeFactorDto;
  @ApiProperty({ type: [ChoosableFactorDto], description: 'The factors that could be asked for instead.' })
  readonly factors: ChoosableFactorDto[];
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:05:00.000Z' })
  readonly expiresAt: string;
  @ApiProperty({
    required: false,
    format: 'date-time',
    example: '2026-11-24T12:01:00.000Z',
    description: 'From when on a new code can be asked for.',
  })
  readonly resendAt?: string;
  @ApiProperty({ type: 'integer', example: 5, description: 'Answers left, over all codes sent.' })
  readonly attemptsLeft: number;
  @ApiProperty({ required: false, enum: ['queued', 'sent', 'failed'], example: 'sent' })
  readonly delivery?: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'WebAuthn options.' })
  readonly publicKey?: object;
}

export function toChallengeDto(
  challenge: Challenge,
  status: ChallengeStatus,
  factor: ChallengeFactorDto,
  factors: ChoosableFactorDto[],
  publicKey?: object,
): ChallengeDto {
  const { id, expiresAt, resendAt, attempts, delivery } = challenge;
  return {
    id,
    status,
    factor,
    factors,
    expiresAt: expiresAt.toISOString(),
    ...(resendAt && { resendAt: resendAt.toISOString() }),
    attemptsLeft: Math.max(0, MAX_ATTEMPTS - attempts),
    ...(delivery !== null && { delivery }),
    ...(publicKey && { publicKey }),
  };
}
