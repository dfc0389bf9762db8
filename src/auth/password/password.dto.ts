import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { IsNewPassword } from './is-new-password.js';

export class ForgotPasswordDto {
  @ApiProperty({ example: 'ada@example.com', maxLength: 254 })
  @IsString()
  @Length(3, 254)
  readonly email: string;
}

export class ResetPasswordDto {
  @ApiProperty({ example: 'TxxsPgsKTB-aUtfoaz-cEAAAAAA…', maxLength: 128, description: 'From the mailed link.' })
  @IsString()
  @Length(1, 128)
  readonly token: string;

  @ApiProperty({ example: 'copper wheels turn faster', minLength: 8, maxLength: 128 })
  @IsNewPassword()
  readonly newPassword: string;
}

export class ChangePasswordDto {
  @ApiProperty({ example: 'brass gears turn slowly', maxLength: 256 })
  @IsString()
  @Length(1, 256)
  readonly currentPassword: string;

  @ApiProperty({ example: 'copper wheels turn faster', minLength: 8, maxLength: 128 })
  @IsNewPassword()
  readonly newPassword: string;
}
