import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/index.js';
import { ApiProblem } from '../http/api-problem.js';
import { RequireMfa } from '../mfa/index.js';
import { TokenProblem } from '../http/token-problems.js';

export class ExampleDto {
  @ApiProperty({ example: 'You have proved a second factor.' })
  readonly message: string;
}

/** What `@RequireMfa()` does, one route for each of its forms. They read no database. */
@ApiTags('5. Guarded routes')
@Controller('examples')
export class ExamplesController {
  @Get('public')
  @Public()
  @ApiOperation({ operationId: 'examplePublic', summary: 'Open to everybody' })
  @ApiOkResponse({ type: ExampleDto })
  public(): ExampleDto {
    return { message: 'Everybody may read this.' };
  }

  @Get('signed-in')
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'exampleSignedIn', summary: 'Open to whoever is signed in' })
  @ApiOkResponse({ type: ExampleDto })
  @ApiProblem(TokenProblem.unauthenticated, TokenProblem.invalidToken)
  signedIn(): ExampleDto {
    return { message: 'You are signed in.' };
  }

  @Get('mfa')
  @RequireMfa()
  @ApiOperation({ operationId: 'exampleMfa', summary: 'Takes any second factor' })
  @ApiOkResponse({ type: ExampleDto })
  mfa(): ExampleDto {
    return { message: 'You have proved a second factor.' };
  }

  @Get('mfa-fresh')
  @RequireMfa({ maxAge: '5m' })
  @ApiOperation({ operationId: 'exampleMfaFresh', summary: 'Takes a second factor at most 5 minutes old' })
  @ApiOkResponse({ type: ExampleDto })
  mfaFresh(): ExampleDto {
    return { message: 'You have proved a second factor within the last 5 minutes.' };
  }

  @Get('aal2')
  @RequireMfa({ acr: 'aal2' })
  @ApiOperation({ operationId: 'exampleAal2', summary: 'Takes more than a code by e-mail' })
  @ApiOkResponse({ type: ExampleDto })
  aal2(): ExampleDto {
    return { message: 'You have proved a second factor of AAL2.' };
  }

  @Get('phishing-resistant')
  @RequireMfa({ acr: 'phr' })
  @ApiOperation({ operationId: 'examplePhishingResistant', summary: 'Takes a security key or passkey' })
  @ApiOkResponse({ type: ExampleDto })
  phishingResistant(): ExampleDto {
    return { message: 'You have proved a phishing-resistant factor.' };
  }
}
