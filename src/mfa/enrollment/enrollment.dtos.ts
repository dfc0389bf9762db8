import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Length, Matches } from 'class-validator';
import { FACTOR_ID_EXAMPLE } from '../../auth/index.js';
import type { Factor, FactorStatus } from './factor.entity.js';

const NO_CONTROL_CHARACTERS = /^[^\p{Cc}]*$/u;

/** What every enrolment takes; the factor type adds its own. */
export class EnrollFactorDto {
  @ApiProperty({ example: 'email', description: 'A registered factor type.' })
  @IsString()
  @Length(1, 32)
  readonly type: string;

  @ApiProperty({ required: false, example: 'Work e-mail', maxLength: 100 })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(NO_CONTROL_CHARACTERS, { message: 'label must not contain control characters' })
  readonly label?: string;
}

export class ChangeFactorDto {
  @ApiProperty({ required: false, example: 'Work e-mail', maxLength: 100 })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(NO_CONTROL_CHARACTERS, { message: 'label must not contain control characters' })
  readonly label?: string;

  @ApiProperty({ required: false, example: true, description: '`true` makes it the one that a login asks for.' })
  @IsOptional()
  @IsBoolean()
  readonly preferred?: boolean;
}

export class FactorDto {
  @ApiProperty({ example: FACTOR_ID_EXAMPLE })
  readonly id: string;
  @ApiProperty({ example: 'email' })
  readonly type: string;
  @ApiProperty({ enum: ['pending', 'active', 'disabled'], example: 'active' })
  readonly status: FactorStatus;
  @ApiProperty({ example: 'Work e-mail' })
  readonly label: string;
  @ApiProperty({ required: false, example: 'a•••@example.com', description: 'Masked.' })
  readonly destination?: string;
  @ApiProperty({ example: true })
  readonly preferred: boolean;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly createdAt: string;
  @ApiProperty({ required: false, format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly lastUsedAt?: string;
}

/** What it takes to activate a pending factor; a factor type adds its own (a QR code, WebAuthn options). */
export class EnrollmentDto {
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:05:00.000Z' })
  readonly expiresAt: string;
  @ApiProperty({ type: 'integer', example: 5 })
  readonly attemptsLeft: number;
  @ApiProperty({ required: false, enum: ['sent', 'failed'], example: 'sent' })
  readonly delivery?: string;
  @ApiProperty({
    required: false,
    example: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    description: 'For `totp`: what the app needs, to be typed. Shown this once, like the three below.',
  })
  readonly secret?: string;
  @ApiProperty({ required: false, example: 'otpauth://totp/Stepgate:ada%40example.com?secret=…&issuer=Stepgate' })
  readonly uri?: string;
  @ApiProperty({ required: false, example: 'data:image/svg+xml;base64,…', description: 'The URI as a picture.' })
  readonly qrCodeSvg?: string;
  @ApiProperty({ required: false, example: 'data:image/png;base64,…' })
  readonly qrCodePng?: string;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'WebAuthn: what `navigator.credentials.create()` takes.',
  })
  readonly publicKey?: object;
}

export class EnrolledFactorDto {
  @ApiProperty()
  readonly factor: FactorDto;
  @ApiProperty()
  readonly enrollment: EnrollmentDto;
}

export class ActivatedFactorDto {
  @ApiProperty()
  readonly factor: FactorDto;
  @ApiProperty({
    required: false,
    type: [String],
    example: ['7QZK-M3WD-0XVA-R9TB', 'H2CE-8PNY-4JSG-61MF'],
    description: 'With the first factor: codes for the day it is lost. Shown this once; each is good once.',
  })
  readonly recoveryCodes?: string[];
}

export function toFactorDto(factor: Factor): FactorDto {
  const { id, type, status, label, destination, preferred, createdAt, lastUsedAt } = factor;
  return {
    id,
    type,
    status,
    label,
    ...(destination !== null && { destination }),
    preferred,
    createdAt: createdAt.toISOString(),
    ...(lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }),
  };
}
