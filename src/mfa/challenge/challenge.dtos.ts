import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  ValidateIf,
} from 'class-validator';
import { FACTOR_ID_EXAMPLE } from '../../auth/index.js';
import { ASSURANCE_LEVELS, type AssuranceLevel } from '../../tokens/assurance.js';

const DEMANDABLE = ASSURANCE_LEVELS.filter((level) => level !== 'aal1');

/** What proves a factor: a code, or what a security key answered. */
export class AnswerDto {
  @ApiProperty({ required: false, example: '123456', description: 'The code that was sent, or that an app shows.' })
  @ValidateIf(({ code, credential }: AnswerDto) => code !== undefined || credential === undefined)
  @IsString()
  @Length(1, 64)
  readonly code?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'What WebAuthn answered.' })
  @IsOptional()
  @IsObject()
  readonly credential?: Record<string, unknown>;
}

export class VerifyChallengeDto extends AnswerDto {
  @ApiProperty({ required: false, description: 'Ask for a `deviceToken`; honoured where trusted devices are enabled.' })
  @IsOptional()
  @IsBoolean()
  readonly rememberDevice?: boolean;
}

export class ChooseFactorDto {
  @ApiProperty({ required: false, example: FACTOR_ID_EXAMPLE, description: 'The preferred factor unless given.' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly factorId?: string;

  @ApiProperty({
    required: false,
    enum: DEMANDABLE,
    description: 'Offer only factors of this level or above: the `acrValues` of the refusal.',
  })
  @IsOptional()
  @IsIn(DEMANDABLE)
  readonly acr?: AssuranceLevel;

  @ApiProperty({
    required: false,
    type: [String],
    description: 'Offer only factors of these types: the `factors` of the refusal.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 32, { each: true })
  readonly factors?: string[];
}

export class SendDto {
  @ApiProperty({ required: false, example: FACTOR_ID_EXAMPLE, description: 'Another factor to switch to.' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly factorId?: string;
}
