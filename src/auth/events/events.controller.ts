import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from '../../audit/audit-trail.js';
import { ApiProblem } from '../../http/api-problem.js';
import { CommonProblem } from '../../kernel/problem.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { CurrentPrincipal } from '../current-principal.decorator.js';
import { EventsDto, EventsQueryDto, toEventDto } from './event.dto.js';

@ApiTags('2. Sign in')
@Controller('auth/events')
@ApiBearerAuth()
@ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
export class EventsController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'listEvents', summary: 'What happened to the account of the caller lately' })
  @ApiOkResponse({ type: EventsDto })
  @ApiProblem(CommonProblem.validationFailed)
  async list(@CurrentPrincipal() { userId }: Principal, @Query() query: EventsQueryDto): Promise<EventsDto> {
    const { limit, cursor } = query;
    const rows = await this.trail.recent(userId, limit + 1, cursor);
    const events = rows.slice(0, limit).map(toEventDto);
    return { events, ...(rows.length > limit && { next: events.at(-1)!.id }) };
  }
}
