import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ChallengeProblem } from '../../challenges/challenge-problems.js';
import { ApiProblem } from '../../http/api-problem.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Throttled } from '../../limits/throttling/throttled.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { Origin, type RequestOrigin } from '../../http/request-origin.js';
import { AuthProblem } from '../auth-problems.js';
import { RegisterDto, RegistrationDto, VerifyEmailDto } from './registration.dto.js';
import { Registration } from './registration.service.js';

@ApiTags('1. Register')
@Controller('auth')
@Public()
@Throttled()
export class RegistrationController {
  constructor(private readonly registration: Registration) {}

  @Post('register')
  @HttpCode(202)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'register',
    summary: 'Ask for an account',
    description:
      'Mails a code to the address. The answer is the same when the address has an account already; its owner gets a notice instead of a code.',
  })
  @ApiAcceptedResponse({ type: RegistrationDto })
  @ApiProblem(CommonProblem.validationFailed, CommonProblem.invalidRequest)
  async register(@Body() body: RegisterDto, @Origin() origin: RequestOrigin): Promise<RegistrationDto> {
    return { verification: await this.registration.register(body, origin) };
  }

  @Post('email/verify')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'verifyEmail',
    summary: 'Prove the address with the mailed code, which opens the account',
  })
  @ApiNoContentResponse()
  @ApiProblem(
    CommonProblem.validationFailed,
    CommonProblem.notFound,
    ChallengeProblem.closed,
    ChallengeProblem.wrongCode,
    AuthProblem.tooManyAttempts,
  )
  verify(@Body() { challengeId, code }: VerifyEmailDto, @Origin() origin: RequestOrigin): Promise<void> {
    return this.registration.verify(challengeId, code, origin);
  }
}
