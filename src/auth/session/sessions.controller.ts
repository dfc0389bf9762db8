import { Controller, Delete, Get, Header, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../../http/api-problem.js';
import { SESSION_ID_EXAMPLE } from '../../http/docs/live-examples.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Sessions } from '../../sessions/sessions.service.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { type Caller, CurrentCaller } from '../caller.js';
import { CurrentPrincipal } from '../current-principal.decorator.js';
import { SessionEntryDto, toSessionEntryDto } from './session-entry.dto.js';

/** Where the caller is signed in. Not part of sign-in: where a second factor is enforced, a pending login reaches none of it. */
@ApiTags('2. Sign in')
@Controller('auth/sessions')
@ApiBearerAuth()
@ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
export class SessionsController {
  constructor(private readonly sessions: Sessions) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'listSessions', summary: 'Where the caller is signed in, last used first' })
  @ApiOkResponse({ type: [SessionEntryDto] })
  async list(@CurrentPrincipal() { userId, sessionId }: Principal): Promise<SessionEntryDto[]> {
    const rows = await this.sessions.list(userId);
    return rows.map((row) => toSessionEntryDto(row, sessionId));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id', example: SESSION_ID_EXAMPLE, description: 'Of the session.' })
  @ApiOperation({ operationId: 'endSession', summary: 'End one session everywhere' })
  @ApiNoContentResponse()
  @ApiProblem(CommonProblem.notFound)
  async end(@CurrentCaller() { userId, origin }: Caller, @Param('id') id: string): Promise<void> {
    if (!(await this.sessions.end(id, userId, 'ended_by_user', origin))) throw CommonProblem.notFound();
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'endOtherSessions', summary: 'End all other sessions everywhere, and keep this one' })
  @ApiNoContentResponse()
  async endOthers(@CurrentCaller() { userId, sessionId, origin }: Caller): Promise<void> {
    await this.sessions.endAll(userId, 'ended_by_user', origin, sessionId);
  }
}
