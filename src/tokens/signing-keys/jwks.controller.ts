import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/public.decorator.js';
import { JWKS_MAX_AGE, SigningKeys } from './signing-keys.js';

@Public()
@ApiTags('6. Keys and health')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @ApiOperation({ operationId: 'getJwks', summary: 'The public keys that access tokens are signed with (RFC 7517)' })
  @ApiOkResponse({ schema: { type: 'object', properties: { keys: { type: 'array', items: { type: 'object' } } } } })
  @Header('Cache-Control', `public, max-age=${JWKS_MAX_AGE / 1_000}`)
  jwks(): { keys: Record<string, unknown>[] } {
    return this.keys.published();
  }
}
