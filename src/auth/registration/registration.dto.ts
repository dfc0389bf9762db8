import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, IsOptional, IsString, Length, Matches } from 'class-validator';
import { CHALLENGE_ID_EXAMPLE } from '../../http/docs/live-examples.js';
import { ChallengeDto } from '../session/challenge.dto.js';
import { IsNewPassword } from '../password/is-new-password.js';

export class RegisterDto {
  @ApiProperty({ example: 'ada@example.com', format: 'email', maxLength: 254 })
  @IsString()
  @Length(3, 254)
  @IsEmail()
  readonly email: string;

  @ApiProperty({ example: 'brass gears turn slowly', minLength: 8, maxLength: 128 })
  @IsNewPassword()
  readonly password: string;

  @ApiProperty({ required: false, example: 'Ada Lovelace', maxLength: 100 })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Matches(/^[^\p{Cc}]*$/u, { message: 'displayName must not contain control characters' })
  readonly displayName?: string;
}

export class RegistrationDto {
  @ApiProperty({ description: 'Answer it with the code from the mail; its factor is the address, which is none yet.' })
  readonly verification: ChallengeDto;
}

export class VerifyEmailDto {
  @ApiProperty({ example: CHALLENGE_ID_EXAMPLE })
  @IsString()
  @Length(1, 64)
  readonly challengeId: string;

  @ApiProperty({ example: '123456', description: 'The code from the mail.' })
  @IsString()
  @Length(1, 64)
  readonly code: string;
}
