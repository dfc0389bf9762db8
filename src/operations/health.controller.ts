import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, type HealthCheckResult, TypeOrmHealthIndicator } from '@nestjs/terminus';
import { Public } from '../http/public.decorator.js';
import { RedisHealth } from './redis-health.js';

/** In milliseconds. */
const PING_TIMEOUT = 2_000;

export class LivenessDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  readonly status: string;
}

/** What terminus answers when all is well; else it is a 503. */
export class ReadinessDto extends LivenessDto {
  @ApiProperty(indicators({ database: { status: 'up' } }, 'What was checked and is up.'))
  readonly info: object;
  @ApiProperty(indicators({}, 'What is down.'))
  readonly error: object;
  @ApiProperty(indicators({ database: { status: 'up' } }, 'Everything that was checked.'))
  readonly details: object;
}

function indicators(example: object, description: string) {
  const status = { type: 'string', enum: ['up', 'down'] };
  const indicator = { type: 'object', properties: { status }, required: ['status'], additionalProperties: true };
  return { type: 'object', additionalProperties: indicator, example, description } as const;
}

@Public()
@ApiTags('6. Keys and health')
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly redis: RedisHealth,
  ) {}

  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Whether the process runs' })
  @ApiOkResponse({ type: LivenessDto })
  live(): LivenessDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @HealthCheck({ swaggerDocumentation: false })
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Whether it can serve: the database answers, and Redis if it is used',
  })
  @ApiOkResponse({ type: ReadinessDto })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.database.pingCheck('database', { timeout: PING_TIMEOUT }),
      ...this.redis.checks(PING_TIMEOUT),
    ]);
  }
}
