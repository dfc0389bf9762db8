import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public, SessionDto } from '../../auth/index.js';
import { ApiProblem } from '../../http/api-problem.js';
import { Origin, type RequestOrigin } from '../../http/request-origin.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Throttled } from '../../limits/throttling/throttled.decorator.js';
import { MfaProblem } from '../mfa-problems.js';
import { PasskeyDto, PasskeyOptionsDto } from './passkey.dtos.js';
import { PasskeySignIn } from './passkey-sign-in.service.js';

@ApiTags('2. Sign in')
@Controller('auth/passkey')
@Public()
@Throttled()
export class PasskeyController {
  constructor(private readonly passkeys: PasskeySignIn) {}

  @Post('options')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'startPasskeySignIn',
    summary: 'Ask for a passkey',
    description: 'Names no user: the browser offers the passkeys that it has for this site.',
  })
  @ApiCreatedResponse({ type: PasskeyOptionsDto })
  @ApiProblem(CommonProblem.notFound)
  start(@Origin() origin: RequestOrigin): Promise<PasskeyOptionsDto> {
    return this.passkeys.start(origin);
  }

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'signInWithPasskey',
    summary: 'Sign in with a passkey alone',
    description:
      'Possession and the person in one gesture: the session has the MFA claim at once. A challenge takes one answer, right or wrong.',
  })
  @ApiOkResponse({ type: SessionDto })
  @ApiProblem(CommonProblem.validationFailed, MfaProblem.passkeyRefused, CommonProblem.notFound)
  signIn(@Body() { challengeId, credential }: PasskeyDto, @Origin() origin: RequestOrigin): Promise<SessionDto> {
    return this.passkeys.signIn(challengeId, credential, origin);
  }
}
