import { Controller, Get, Module, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Public } from '../http/public.decorator.js';
import { type CaughtMessage, Outbox } from './channels/outbox/outbox.js';

export class OutboxQueryDto {
  @ApiProperty({ required: false, example: 'ada@example.com', description: 'Only messages to this address.' })
  @IsOptional()
  @IsString()
  @MaxLength(254)
  readonly to?: string;
}

export class CaughtMessageDto implements CaughtMessage {
  @ApiProperty({ example: 'email' })
  readonly channel: string;
  @ApiProperty({ example: 'ada@example.com' })
  readonly to: string;
  @ApiProperty({ example: 'Stepgate: Your sign-in code' })
  readonly subject: string;
  @ApiProperty({ example: '123456 is your code to sign in.' })
  readonly text: string;
  @ApiProperty({ required: false, example: '123456' })
  readonly code?: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  readonly at: Date;
}

@ApiTags('0. Development')
@Controller('dev/outbox')
@Public()
export class OutboxController {
  constructor(private readonly outbox: Outbox) {}

  @Get()
  @ApiOperation({ operationId: 'listOutbox', summary: 'The messages that would have been sent, newest first' })
  @ApiOkResponse({ type: [CaughtMessageDto] })
  list(@Query() { to }: OutboxQueryDto): readonly CaughtMessage[] {
    return this.outbox.messages(to);
  }
}

/** Shows the outbox over HTTP. For development: whoever reaches it reads every code. */
@Module({ controllers: [OutboxController] })
export class OutboxModule {}
