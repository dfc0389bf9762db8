import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/public.decorator.js';
import { JWKS_MAX_AGE, SigningKeys } from './signing-keys.js';

/** RFC 7517, 5. */
export class JwksDto {
  @ApiProperty({
    type: 'array',
    items: {
      type: 'object',
      properties: {
        kty: { type: 'string' },
        kid: { type: 'string' },
        use: { type: 'string' },
        alg: { type: 'string' },
      },
      required: ['kty', 'kid', 'use', 'alg'],
      additionalProperties: { type: 'string' },
      example: {
        kty: 'EC',
        kid: '2f1c6c3e0b0a4c1f',
        use: 'sig',
        alg: 'ES256',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    },
  })
  readonly keys: Record<string, unknown>[];
}

@Public()
@ApiTags('6. Keys and health')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @ApiOperation({ operationId: 'getJwks', summary: 'The public keys that access tokens are signed with (RFC 7517)' })
  @ApiOkResponse({ type: JwksDto })
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE / 1_000}`)
  jwks(): JwksDto {
    return this.keys.published();
  }
}
