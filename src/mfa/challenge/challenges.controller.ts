import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import {
  type Caller,
  CHALLENGE_ID_EXAMPLE,
  ChallengeDto,
  CurrentCaller,
  CurrentPrincipal,
  PartOfSignIn,
  SessionDto,
} from '../../auth/index.js';
import { ChallengeProblem } from '../../challenges/challenge-problems.js';
import { ApiProblem } from '../../http/api-problem.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Throttled } from '../../limits/throttling/throttled.decorator.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { MfaProblem } from '../mfa-problems.js';
import { TrustedDevices } from '../trusted-devices/trusted-devices.service.js';
import { ChooseFactorDto, SendDto, VerifyChallengeDto } from './challenge.dtos.js';
import { SecondFactor } from './second-factor.service.js';

const ApiChallengeId = () => ApiParam({ name: 'id', example: CHALLENGE_ID_EXAMPLE, description: 'Of the challenge.' });

@ApiTags('4. Prove a second factor')
@Controller('mfa/challenges')
@PartOfSignIn()
@ApiBearerAuth()
@ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
export class ChallengesController {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly devices: TrustedDevices,
  ) {}

  @Post()
  @Throttled()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'startChallenge',
    summary: 'Step up: ask for a second factor again, or for another one',
    description:
      'With the `acr` and `factors` that a guarded route answered, the challenge offers only what that route takes.',
  })
  @ApiCreatedResponse({ type: ChallengeDto })
  @ApiProblem(
    CommonProblem.validationFailed,
    CommonProblem.notFound,
    MfaProblem.conflict,
    ChallengeProblem.tooManyRequests,
  )
  start(@CurrentCaller() caller: Caller, @Body() { factorId, ...demand }: ChooseFactorDto): Promise<ChallengeDto> {
    return this.secondFactor.start(caller, factorId, demand);
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  @ApiChallengeId()
  @ApiOperation({ operationId: 'getChallenge', summary: 'How a challenge stands' })
  @ApiOkResponse({ type: ChallengeDto })
  @ApiProblem(CommonProblem.notFound)
  show(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<ChallengeDto> {
    return this.secondFactor.show(principal, id);
  }

  @Post(':id/send')
  @Throttled()
  @HttpCode(202)
  @Header('Cache-Control', 'no-store')
  @ApiChallengeId()
  @ApiOperation({
    operationId: 'sendChallenge',
    summary: 'Send a new code, or switch to another factor',
    description: 'The old code is dead; the attempts used stay used. One code a minute for each address.',
  })
  @ApiAcceptedResponse({ type: ChallengeDto })
  @ApiProblem(
    CommonProblem.validationFailed,
    CommonProblem.notFound,
    ChallengeProblem.closed,
    MfaProblem.conflict,
    ChallengeProblem.tooManyRequests,
  )
  send(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() { factorId }: SendDto): Promise<ChallengeDto> {
    return this.secondFactor.send(caller, id, factorId);
  }

  @Post(':id/verify')
  @Throttled()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiChallengeId()
  @ApiOperation({
    operationId: 'verifyChallenge',
    summary: 'Answer a challenge',
    description: 'A right answer is exchanged for new tokens that carry the MFA claim; the old ones are dead.',
  })
  @ApiOkResponse({ type: SessionDto })
  @ApiProblem(
    CommonProblem.validationFailed,
    CommonProblem.notFound,
    ChallengeProblem.closed,
    ChallengeProblem.wrongCode,
    MfaProblem.tooManyAttempts,
  )
  async verify(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { code, credential, rememberDevice }: VerifyChallengeDto,
  ): Promise<SessionDto> {
    const session = await this.secondFactor.verify(caller, id, { code, credential });
    const deviceToken = rememberDevice ? await this.devices.remember(caller) : null;
    return deviceToken === null ? session : { ...session, deviceToken };
  }
}
