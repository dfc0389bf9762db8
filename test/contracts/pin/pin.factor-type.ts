import { randomBytes } from 'node:crypto';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import {
  type Accepted,
  type Account,
  type Answer,
  type EnrolledFactor,
  type Enrollment,
  type FactorQuestion,
  type FactorType,
  MfaFactorType,
  type OpenChallenge,
  Secrets,
} from '../../../src/index.js';

export class PinDto {
  @ApiProperty({ example: '493817' })
  @IsString()
  @Matches(/^[0-9]{6,12}$/)
  readonly pin: string;
}

/** Something you know, as a team might add it. Only an example: beside a password it is no second kind of factor. */
@MfaFactorType('pin')
export class PinFactorType implements FactorType {
  readonly acr = 'mfa';
  readonly enrollmentDto = PinDto;

  constructor(private readonly secrets: Secrets) {}

  enroll({ pin }: PinDto, { id }: Account): Enrollment {
    const salt = randomBytes(16).toString('hex');
    return { secret: JSON.stringify({ salt, hash: this.secrets.hash('pin', id, salt, pin) }) };
  }

  ask(): FactorQuestion {
    return { kept: null };
  }

  verify({ userId, secret }: EnrolledFactor, _: OpenChallenge, { code }: Answer): Accepted | null {
    const { salt, hash } = JSON.parse(secret!) as { salt: string; hash: string };
    const right = code !== undefined && this.secrets.matches(hash, 'pin', userId, salt, code);
    return right ? { amr: ['pin'], acr: this.acr } : null;
  }
}
