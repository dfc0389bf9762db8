import { ApiProperty } from '@nestjs/swagger';
import { IsObject, IsString, Length } from 'class-validator';
import { CHALLENGE_ID_EXAMPLE } from '../../auth/index.js';

/** What a browser needs to ask for any passkey that the user has here. */
export class PasskeyOptionsDto {
  @ApiProperty({ example: CHALLENGE_ID_EXAMPLE })
  readonly challengeId: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:05:00.000Z' })
  readonly expiresAt: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: {
      challenge: 'qNqrcXUrk5S7dCM1MAYH3qSVDXznb-6prQoGqiACR10',
      rpId: 'localhost',
      userVerification: 'required',
    },
    description: 'What `navigator.credentials.get()` takes, after `PublicKeyCredential.parseRequestOptionsFromJSON()`.',
  })
  readonly publicKey: object;
}

export class PasskeyDto {
  @ApiProperty({ example: CHALLENGE_ID_EXAMPLE })
  @IsString()
  @Length(1, 64)
  readonly challengeId: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { id: 'Ap3m…', rawId: 'Ap3m…', type: 'public-key', response: {}, clientExtensionResults: {} },
    description: 'What `navigator.credentials.get()` answered, by its `toJSON()`.',
  })
  @IsObject()
  readonly credential: Record<string, unknown>;
}
