import { Controller, Get, type Type } from '@nestjs/common';
import { DiscoveryModule, MetadataScanner } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { FactorTypes } from './factor-types/factor-types.js';
import { RequireMfa } from './require-mfa.decorator.js';
import { type MfaRequirement } from './requirement.js';
import { RequirementCheck } from './requirement-check.js';

const LEVELS: Record<string, string> = { email: 'mfa', totp: 'aal2' };
const types = {
  names: () => Object.keys(LEVELS),
  find: (name: string) => (name in LEVELS ? { acr: LEVELS[name] } : undefined),
  get: (name: string) => ({ acr: LEVELS[name] }),
};

/** A controller of one route that asks for it. */
function routeThat(requirement: MfaRequirement): Type {
  @Controller('vault')
  class Vault {
    @Get()
    @RequireMfa(requirement)
    read(): void {}
  }
  return Vault;
}

async function start(...controllers: Type[]): Promise<void> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers,
    providers: [RequirementCheck, MetadataScanner, { provide: FactorTypes, useValue: types }],
  }).compile();
  await module.init();
}

/** What the document says of the route. */
const documented = (controller: Type, method = 'read'): unknown =>
  (
    Reflect.getMetadata('swagger/apiExtension', (controller.prototype as Record<string, object>)[method]) as
      Record<string, unknown> | undefined
  )?.['x-mfa'];

describe('the check of every @RequireMfa() at the start', () => {
  it.each<[MfaRequirement, RegExp]>([
    [
      { factors: ['pigeon'] },
      /^Vault\.read: @RequireMfa\(\): there is no factor type "pigeon" \(there are email, totp\)\.$/,
    ],
    [{ factors: ['email', 'pigeon'] }, /no factor type "pigeon"/],
    [{ acr: 'aal2', factors: ['email'] }, /^Vault\.read: @RequireMfa\(\): none of email reaches aal2\.$/],
    [{ acr: 'phr', factors: ['email', 'totp'] }, /none of email, totp reaches phr/],
  ])('stops it for %j', async (requirement, message) => {
    await expect(start(routeThat(requirement))).rejects.toThrow(message);
  });

  it('names the cause too', async () => {
    const error: unknown = await start(routeThat({ factors: ['pigeon'] })).catch((thrown: unknown) => thrown);
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  it.each<[MfaRequirement, object]>([
    [{}, { acr: 'mfa' }],
    [{ maxAge: '5m' }, { acr: 'mfa', maxAge: 300 }],
    [
      { acr: 'aal2', factors: ['email', 'totp'] },
      { acr: 'aal2', factors: ['email', 'totp'] },
    ],
  ])('documents %j in seconds', async (requirement, expected) => {
    const controller = routeThat(requirement);
    await start(controller);
    expect(documented(controller)).toEqual(expected);
  });

  it('says nothing of routes that ask for nothing', async () => {
    @Controller('open')
    class Open {
      @Get()
      read(): void {}
    }
    await start(Open);
    expect(documented(Open)).toBeUndefined();
  });

  it('takes class and method together', async () => {
    @Controller('strict')
    @RequireMfa({ acr: 'aal2' })
    class Strict {
      @Get()
      @RequireMfa({ maxAge: '1m' })
      read(): void {}
    }
    await start(Strict);
    expect(documented(Strict)).toEqual({ acr: 'aal2', maxAge: 60 });
  });
});
