import { Controller, Get, Header, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { type Caller, CurrentCaller, CurrentPrincipal, PartOfSignIn } from '../../auth/index.js';
import { ApiProblem } from '../../http/api-problem.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { MfaProblem } from '../mfa-problems.js';
import { RecoveryCodes } from './recovery-codes.service.js';

export class RemainingCodesDto {
  @ApiProperty({ example: 9 })
  readonly remaining: number;
}

export class RecoveryCodesDto {
  @ApiProperty({
    type: [String],
    example: ['7QZK-M3WD-0XVA-R9TB', 'H2CE-8PNY-4JSG-61MF'],
    description: 'Shown this once. Each is good once.',
  })
  readonly recoveryCodes: string[];
}

@ApiTags('3. Enrol a factor')
@Controller('mfa/recovery-codes')
@PartOfSignIn()
@ApiBearerAuth()
@ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
export class RecoveryCodesController {
  constructor(private readonly codes: RecoveryCodes) {}

  @Get()
  @ApiOperation({ operationId: 'countRecoveryCodes', summary: 'How many recovery codes the caller has left' })
  @ApiOkResponse({ type: RemainingCodesDto })
  async count(@CurrentPrincipal() { userId }: Principal): Promise<RemainingCodesDto> {
    return { remaining: await this.codes.remaining(userId) };
  }

  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'renewRecoveryCodes',
    summary: 'Make new recovery codes; the old ones are dead',
    description: 'Takes a second factor at most 5 minutes old, and not a recovery code.',
  })
  @ApiCreatedResponse({ type: RecoveryCodesDto })
  @ApiProblem(MfaProblem.assuranceTooLow, MfaProblem.conflict)
  async renew(@CurrentCaller() caller: Caller): Promise<RecoveryCodesDto> {
    return { recoveryCodes: await this.codes.renew(caller) };
  }
}
