import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';

export class LoginDto {
  @ApiProperty({ example: 'ada@example.com', maxLength: 254 })
  @IsString()
  @Length(3, 254)
  readonly email: string;

  @ApiProperty({ example: 'brass gears turn slowly', maxLength: 256 })
  @IsString()
  @Length(1, 256)
  readonly password: string;

  @ApiProperty({ required: false, description: 'The token of a trusted device.', example: undefined, maxLength: 128 })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly deviceToken?: string;
}
