import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { type Caller, CurrentCaller, CurrentPrincipal, PartOfSignIn } from '../../auth/index.js';
import { ApiProblem } from '../../http/api-problem.js';
import { CommonProblem } from '../../kernel/problem.js';
import type { Principal } from '../../tokens/principal.js';
import { TokenProblem } from '../../http/token-problems.js';
import { TrustedDevices } from './trusted-devices.service.js';

const DEVICE_ID_EXAMPLE = '6a1f0d3c9b8e4752a1c0de5f7b3942e8';

export class TrustedDeviceDto {
  @ApiProperty({ example: DEVICE_ID_EXAMPLE })
  readonly id: string;
  @ApiProperty({ example: 'Mozilla/5.0 (X11; Linux x86_64) …', description: 'The User-Agent that was remembered.' })
  readonly device: string;
  @ApiProperty({ example: '192.0.2.7', description: 'The address that it was remembered from.' })
  readonly ip: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly lastUsedAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-12-24T12:00:00.000Z' })
  readonly expiresAt: string;
}

@ApiTags('3. Enrol a factor')
@Controller('mfa/trusted-devices')
@PartOfSignIn()
@ApiBearerAuth()
@ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
export class TrustedDevicesController {
  constructor(private readonly devices: TrustedDevices) {}

  @Get()
  @ApiOperation({
    operationId: 'listTrustedDevices',
    summary: 'The devices that skip the second factor at login',
  })
  @ApiOkResponse({ type: [TrustedDeviceDto] })
  async list(@CurrentPrincipal() { userId }: Principal): Promise<TrustedDeviceDto[]> {
    return (await this.devices.list(userId)).map(({ id, device, ip, createdAt, lastUsedAt, expiresAt }) => ({
      id,
      device,
      ip,
      createdAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    }));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id', example: DEVICE_ID_EXAMPLE, description: 'Of the device.' })
  @ApiOperation({ operationId: 'revokeTrustedDevice', summary: 'Trust a device no more' })
  @ApiNoContentResponse()
  @ApiProblem(CommonProblem.notFound)
  async revoke(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    if (!(await this.devices.forget(id, caller))) throw CommonProblem.notFound();
  }
}
