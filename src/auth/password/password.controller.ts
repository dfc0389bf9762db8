import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../../http/api-problem.js';
import { Public } from '../../http/public.decorator.js';
import { Origin, type RequestOrigin } from '../../http/request-origin.js';
import { CommonProblem } from '../../kernel/problem.js';
import { Throttled } from '../../limits/throttling/throttled.decorator.js';
import { TokenProblem } from '../../http/token-problems.js';
import { AuthProblem } from '../auth-problems.js';
import { type Caller, CurrentCaller } from '../caller.js';
import { ChangePassword } from './change-password.js';
import { ForgotPassword } from './forgot-password.js';
import { ChangePasswordDto, ForgotPasswordDto, ResetPasswordDto } from './password.dto.js';
import { ResetPassword } from './reset-password.js';

@ApiTags('2. Sign in')
@Controller('auth/password')
@Throttled()
@ApiProblem(CommonProblem.validationFailed, CommonProblem.invalidRequest)
export class PasswordController {
  constructor(
    private readonly forgotPassword: ForgotPassword,
    private readonly resetPassword: ResetPassword,
    private readonly changePassword: ChangePassword,
  ) {}

  @Post('forgot')
  @Public()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'forgotPassword',
    summary: 'Ask for a link to choose a new password',
    description: 'The answer is the same whether there is such an account or not. One mail a minute at the most.',
  })
  @ApiAcceptedResponse()
  forgot(@Body() { email }: ForgotPasswordDto, @Origin() origin: RequestOrigin): void {
    this.forgotPassword.request(email, origin);
  }

  @Post('reset')
  @Public()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Choose a new password with the token from the mailed link',
    description: 'Ends all sessions and signs nobody in; the second factor is asked for at the next login.',
  })
  @ApiNoContentResponse()
  @ApiProblem(AuthProblem.resetRefused)
  reset(@Body() { token, newPassword }: ResetPasswordDto, @Origin() origin: RequestOrigin): Promise<void> {
    return this.resetPassword.reset(token, newPassword, origin);
  }

  @Post('change')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change the password',
    description: 'With a factor enrolled, takes a second factor at most 5 minutes old. Ends all other sessions.',
  })
  @ApiNoContentResponse()
  @ApiProblem(
    TokenProblem.unauthenticated,
    TokenProblem.invalidToken,
    AuthProblem.factorTooOld,
    AuthProblem.wrongPassword,
    AuthProblem.tooManyAttempts,
  )
  change(@CurrentCaller() caller: Caller, @Body() { currentPassword, newPassword }: ChangePasswordDto): Promise<void> {
    return this.changePassword.change(caller, currentPassword, newPassword);
  }
}
