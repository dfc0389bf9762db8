import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type Caller, CurrentCaller, CurrentPrincipal, FACTOR_ID_EXAMPLE, PartOfSignIn } from '../../auth/index.js';
import { ChallengeProblem } from '../../challenges/challenge-problems.js';
import { ApiProblem } from '../../http/api-problem.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Throttled } from '../../limits/throttling/throttled.decorator.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { AnswerDto } from '../challenge/challenge.dtos.js';
import { MfaProblem } from '../mfa-problems.js';
import {
  ActivatedFactorDto,
  ChangeFactorDto,
  EnrolledFactorDto,
  EnrollFactorDto,
  FactorDto,
} from './enrollment.dtos.js';
import { Enrollment } from './enrollment.service.js';
import { KeptFactors } from './kept-factors.service.js';
import { FactorRemoval } from './factor-removal.service.js';

const ApiFactorId = () => ApiParam({ name: 'id', example: FACTOR_ID_EXAMPLE, description: 'Of the factor.' });

@ApiTags('3. Enrol a factor')
@Controller('mfa/factors')
@PartOfSignIn()
@ApiBearerAuth()
@ApiExtraModels(EnrollFactorDto)
@ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
export class FactorsController {
  constructor(
    private readonly enrollment: Enrollment,
    private readonly kept: KeptFactors,
    private readonly removal: FactorRemoval,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listFactors', summary: 'The factors of the caller' })
  @ApiOkResponse({ type: [FactorDto] })
  list(@CurrentPrincipal() principal: Principal): Promise<FactorDto[]> {
    return this.kept.list(principal);
  }

  @Post()
  @Throttled()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'enrollFactor',
    summary: 'Enrol a factor',
    description:
      'It is pending until it is activated. The first factor takes a login at most 5 minutes old, any other a second factor at most 5 minutes old.',
  })
  @ApiBody({
    schema: {
      allOf: [{ $ref: getSchemaPath(EnrollFactorDto) }],
      additionalProperties: true,
      description: 'And what the type needs, as the examples show.',
    },
    examples: {
      email: { summary: 'Codes by e-mail', value: { type: 'email', label: 'Work e-mail' } },
      sms: { summary: 'Codes by SMS', value: { type: 'sms', phoneNumber: '+4915112345678' } },
      totp: { summary: 'An authenticator app', value: { type: 'totp', label: 'Phone' } },
      webauthn: { summary: 'A security key or passkey', value: { type: 'webauthn', label: 'Blue key' } },
    },
  })
  @ApiCreatedResponse({ type: EnrolledFactorDto })
  @ApiProblem(
    CommonProblem.validationFailed,
    MfaProblem.assuranceTooLow,
    MfaProblem.conflict,
    ChallengeProblem.tooManyRequests,
  )
  enroll(@CurrentCaller() caller: Caller, @Body() body: Record<string, unknown>): Promise<EnrolledFactorDto> {
    return this.enrollment.enroll(caller, body);
  }

  @Post(':id/activate')
  @Throttled()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiFactorId()
  @ApiOperation({ operationId: 'activateFactor', summary: 'Prove a pending factor, which makes it active' })
  @ApiOkResponse({ type: ActivatedFactorDto })
  @ApiProblem(
    CommonProblem.validationFailed,
    MfaProblem.assuranceTooLow,
    CommonProblem.notFound,
    MfaProblem.conflict,
    ChallengeProblem.closed,
    ChallengeProblem.wrongCode,
  )
  activate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { code, credential }: AnswerDto,
  ): Promise<ActivatedFactorDto> {
    return this.enrollment.activate(caller, id, { code, credential });
  }

  @Patch(':id')
  @ApiFactorId()
  @ApiOperation({ operationId: 'changeFactor', summary: 'Rename a factor, or make it the preferred one' })
  @ApiOkResponse({ type: FactorDto })
  @ApiProblem(CommonProblem.validationFailed, MfaProblem.assuranceTooLow, CommonProblem.notFound, MfaProblem.conflict)
  change(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: ChangeFactorDto): Promise<FactorDto> {
    return this.kept.change(caller, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiFactorId()
  @ApiOperation({ operationId: 'removeFactor', summary: 'Remove a factor' })
  @ApiNoContentResponse()
  @ApiProblem(MfaProblem.assuranceTooLow, CommonProblem.notFound, MfaProblem.conflict)
  remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.removal.remove(caller, id);
  }
}
