import { ApiProperty } from '@nestjs/swagger';
import type { AccessTokenClaims } from '../../tokens/principal.js';

const MOMENT = 1_795_521_600;

export class MfaClaimDto {
  @ApiProperty({ example: MOMENT, description: 'When the second factor was proved.' })
  readonly at: number;
  @ApiProperty({ example: 'totp' })
  readonly factor: string;
}

/** The claims of an access token (RFC 9068); times in seconds since 1970. */
export class ClaimsDto implements AccessTokenClaims {
  @ApiProperty({ example: 'http://localhost:3000' })
  readonly iss: string;
  @ApiProperty({ example: 'stepgate' })
  readonly aud: string;
  @ApiProperty({ example: '0c6c1f2e3d4b5a69788796a5b4c3d2e1' })
  readonly sub: string;
  @ApiProperty({ example: 'stepgate' })
  readonly client_id: string;
  @ApiProperty({ example: MOMENT })
  readonly iat: number;
  @ApiProperty({ example: MOMENT + 600 })
  readonly exp: number;
  @ApiProperty({ example: '1.5d41402abc4b2a76b9719d911017c592' })
  readonly jti: string;
  @ApiProperty({ example: '9e107d9d372bb6826bd81d3542a419d6' })
  readonly sid: string;
  @ApiProperty({ example: MOMENT })
  readonly auth_time: number;
  @ApiProperty({ enum: ['aal1', 'mfa', 'aal2', 'phr'], example: 'aal2' })
  readonly acr: string;
  @ApiProperty({ type: [String], example: ['pwd', 'otp', 'mfa'] })
  readonly amr: string[];
  @ApiProperty({ required: false, description: 'Present after a second factor.' })
  readonly mfa?: MfaClaimDto;
}
