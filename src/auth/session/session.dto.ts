import { ApiProperty } from '@nestjs/swagger';
import { REFRESH_TOKEN_EXAMPLE } from '../../http/docs/live-examples.js';
import type { Grant } from '../../sessions/grants.js';
import type { MfaState, MfaStatus } from '../next-step.js';
import { ChallengeDto } from './challenge.dto.js';

export class MfaStateDto {
  @ApiProperty({ enum: ['not_enrolled', 'required', 'satisfied', 'trusted_device'], example: 'required' })
  readonly status: MfaStatus;
  @ApiProperty({
    required: false,
    type: ChallengeDto,
    description: 'What to answer next, when `required` after a login.',
  })
  readonly challenge?: ChallengeDto;
}

/** What a client holds after login, refresh or a second factor. */
export class SessionDto {
  @ApiProperty({ example: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…' })
  readonly accessToken: string;
  @ApiProperty({ enum: ['Bearer'], example: 'Bearer' })
  readonly tokenType: 'Bearer';
  @ApiProperty({ type: 'integer', example: 600, description: 'Seconds until the access token expires.' })
  readonly expiresIn: number;
  @ApiProperty({ example: REFRESH_TOKEN_EXAMPLE })
  readonly refreshToken: string;
  @ApiProperty({ type: 'integer', example: 3600, description: 'Seconds until the refresh token expires.' })
  readonly refreshExpiresIn: number;
  @ApiProperty({ required: false, description: 'Present it at the next login to skip the second factor there.' })
  readonly deviceToken?: string;
  @ApiProperty()
  readonly mfa: MfaStateDto;
}

export function toSessionDto(grant: Grant, mfa: MfaState): SessionDto {
  return {
    accessToken: grant.accessToken,
    tokenType: 'Bearer',
    expiresIn: grant.expiresIn,
    refreshToken: grant.refreshToken,
    refreshExpiresIn: grant.refreshExpiresIn,
    mfa,
  };
}
