import { Body, Controller, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { ApiProblem } from '../../http/api-problem.js';
import { REFRESH_TOKEN_EXAMPLE } from '../../http/docs/live-examples.js';
import { Origin, type RequestOrigin } from '../../http/request-origin.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Throttled } from '../../limits/throttling/throttled.decorator.js';
import { SessionProblem } from '../../sessions/session-problems.js';
import { Sessions } from '../../sessions/sessions.service.js';
import type { AccessTokenClaims, Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import type { User } from '../../users/user-store.js';
import { AuthProblem } from '../auth-problems.js';
import { type Caller, CurrentCaller } from '../caller.js';
import { CurrentPrincipal } from '../current-principal.decorator.js';
import { LocalGuard } from '../local/local.guard.js';
import { LoginDto } from '../local/login.dto.js';
import { PartOfSignIn } from '../part-of-sign-in.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { ClaimsDto } from './claims.dto.js';
import { SessionDto } from './session.dto.js';
import { SignIn } from './sign-in.service.js';

export class RefreshDto {
  @ApiProperty({ example: REFRESH_TOKEN_EXAMPLE })
  @IsString()
  @Length(1, 128)
  readonly refreshToken: string;
}

@ApiTags('2. Sign in')
@Controller('auth')
@PartOfSignIn()
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: Sessions,
  ) {}

  @Post('login')
  @Public()
  @Throttled()
  @UseGuards(LocalGuard)
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'login',
    summary: 'Sign in with address and password',
    description:
      'Answers a session. When the user has a second factor, `mfa.status` is `required` and the code is on its way.',
  })
  @ApiBody({ type: LoginDto })
  @ApiOkResponse({ type: SessionDto })
  @ApiProblem(
    CommonProblem.validationFailed,
    CommonProblem.invalidRequest,
    AuthProblem.invalidCredentials,
    AuthProblem.tooManyAttempts,
    CommonProblem.unavailable,
  )
  login(
    @CurrentPrincipal() user: User,
    @Body() { deviceToken }: LoginDto,
    @Origin() origin: RequestOrigin,
  ): Promise<SessionDto> {
    return this.signIn.withPassword(user, origin, deviceToken);
  }

  @Post('refresh')
  @Public()
  @Throttled()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Exchange a refresh token for new tokens',
    description: 'Each refresh token is good once; using one again later than 10 seconds ends the session.',
  })
  @ApiOkResponse({ type: SessionDto })
  @ApiProblem(CommonProblem.validationFailed, SessionProblem.refreshRefused)
  refresh(@Body() { refreshToken }: RefreshDto, @Origin() origin: RequestOrigin): Promise<SessionDto> {
    return this.signIn.withRefreshToken(refreshToken, origin);
  }

  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'logout', summary: 'End this session everywhere' })
  @ApiNoContentResponse()
  @ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
  async logout(@CurrentCaller() { sessionId, userId, origin }: Caller): Promise<void> {
    await this.sessions.end(sessionId, userId, 'logout', origin);
  }

  @Get('session')
  @Header('Cache-Control', 'no-store')
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'getSession',
    summary: 'What this access token says',
    description: 'Reads no database.',
  })
  @ApiOkResponse({ type: ClaimsDto })
  @ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
  session(@CurrentPrincipal() { claims }: Principal): AccessTokenClaims {
    return claims;
  }
}
