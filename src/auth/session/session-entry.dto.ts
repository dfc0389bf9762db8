import { ApiProperty } from '@nestjs/swagger';
import { SESSION_ID_EXAMPLE } from '../../http/docs/live-examples.js';
import type { ListedSession } from '../../sessions/sessions.service.js';

/** A session as its owner sees it in the list. */
export class SessionEntryDto {
  @ApiProperty({ example: SESSION_ID_EXAMPLE })
  readonly id: string;
  @ApiProperty({ example: 'Mozilla/5.0', description: 'The User-Agent that signed in.' })
  readonly device: string;
  @ApiProperty({ example: '203.0.113.7' })
  readonly ip: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly lastUsedAt: string;
  @ApiProperty({
    format: 'date-time',
    example: '2026-11-24T13:00:00.000Z',
    description: 'Unless it is refreshed before.',
  })
  readonly expiresAt: string;
  @ApiProperty({ enum: ['aal1', 'mfa', 'aal2', 'phr'], example: 'aal2' })
  readonly acr: string;
  @ApiProperty({ type: [String], example: ['pwd', 'otp', 'mfa'] })
  readonly amr: string[];
  @ApiProperty({ required: false, example: 'totp', description: 'The type of the second factor used.' })
  readonly factor?: string;
  @ApiProperty({ example: true, description: 'Whether it is the one that asks.' })
  readonly current: boolean;
}

export function toSessionEntryDto(row: ListedSession, currentId: string): SessionEntryDto {
  return {
    id: row.id,
    device: row.device,
    ip: row.ip,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.endsAt.toISOString(),
    acr: row.acr,
    amr: row.amr.split(' '),
    ...(row.mfaFactor !== null && { factor: row.mfaFactor }),
    current: row.id === currentId,
  };
}
