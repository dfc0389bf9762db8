import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import type { AuditEventRow } from '../../audit/audit-event.entity.js';
import { AUDIT_EVENTS, type AuditEventType, type AuditOutcome } from '../../audit/audit-event.js';

const EVENT_ID_EXAMPLE = '019a2f4be1d400017d3c9a1b2e5f6077';
const MOST_EVENTS = 100;

export class EventsQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MOST_EVENTS, default: 20 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST_EVENTS)
  readonly limit: number = 20;

  @ApiPropertyOptional({ example: EVENT_ID_EXAMPLE, description: 'The `next` of the page before.' })
  @IsOptional()
  @Matches(/^[0-9a-f]{32}$/)
  readonly cursor?: string;
}

export class EventDto {
  @ApiProperty({ example: EVENT_ID_EXAMPLE })
  readonly id: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly at: string;
  @ApiProperty({ enum: Object.keys(AUDIT_EVENTS), example: 'login.succeeded' })
  readonly type: AuditEventType;
  @ApiProperty({ enum: ['success', 'failure'], example: 'success' })
  readonly outcome: AuditOutcome;
  @ApiProperty({ required: false, example: '9e107d9d372bb6826bd81d3542a419d6' })
  readonly sessionId?: string;
  @ApiProperty({ required: false, example: 'totp' })
  readonly factorType?: string;
  @ApiProperty({ required: false, example: 'b7d5c1a09e8f4f7c8a3b2d1e0f9c8b7a' })
  readonly factorId?: string;
  @ApiProperty({ example: '203.0.113.7' })
  readonly ip: string;
  @ApiProperty({ example: 'Mozilla/5.0', description: 'The User-Agent.' })
  readonly device: string;
}

export class EventsDto {
  @ApiProperty({ type: [EventDto], description: 'Newest first.' })
  readonly events: EventDto[];
  @ApiProperty({ required: false, example: EVENT_ID_EXAMPLE, description: 'The `cursor` of the next page, if any.' })
  readonly next?: string;
}

export function toEventDto(row: AuditEventRow): EventDto {
  const { id, at, type, outcome, sessionId, factorType, factorId, ip, device } = row;
  return {
    id,
    at: at.toISOString(),
    type,
    outcome,
    ...(sessionId !== null && { sessionId }),
    ...(factorType !== null && { factorType }),
    ...(factorId !== null && { factorId }),
    ip,
    device,
  };
}
