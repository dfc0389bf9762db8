import { Reflector } from '@nestjs/core';
import { contextOf } from '../../test/support/context.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { Audit } from '../audit/audit.service.js';
import type { AuditEntry } from '../audit/audit-event.js';
import { originOf, type RequestOrigin } from '../http/request-origin.js';
import { PartOfSignIn, Public } from '../auth/index.js';
import { Problem } from '../kernel/problem.js';
import type { AssuranceLevel } from '../tokens/assurance.js';
import type { Principal } from '../tokens/principal.js';
import type { UsableFactors } from './enrollment/usable-factors.js';
import { insufficient } from './insufficient.js';
import { MfaGuard } from './mfa.guard.js';
import type { MfaOptions } from './mfa.options.js';
import { RequireMfa } from './require-mfa.decorator.js';
import { parseRequirement, type Requirement } from './requirement.js';
import type { TrustedDevices } from './trusted-devices/trusted-devices.service.js';

class Plain {
  open(): void {}
  @RequireMfa()
  any(): void {}
  @RequireMfa({ maxAge: '5m' })
  recent(): void {}
  @RequireMfa({ factors: ['totp'] })
  @RequireMfa({ acr: 'aal2', maxAge: '1m' })
  twice(): void {}
  @Public()
  @RequireMfa()
  contradiction(): void {}
  @Public()
  everybody(): void {}
  @PartOfSignIn()
  signIn(): void {}
}

@RequireMfa({ acr: 'aal2' })
class Strict {
  inherits(): void {}
  @RequireMfa()
  weaker(): void {}
  @RequireMfa({ acr: 'phr' })
  stronger(): void {}
}

class Base {
  shared(): void {}
}
class Open extends Base {}
@RequireMfa()
class Guarded extends Base {}

@Public()
class PublicRoutes extends Base {}

@PartOfSignIn()
class SignInRoutes extends Base {}

const clock = new ManualClock();
const USER = { userId: 'ada', sessionId: 'session' };
const password = { ...USER, acr: 'aal1' } as Principal;
const proved = (acr: AssuranceLevel, factor = 'totp', at = clock.now()) =>
  ({ ...USER, acr, mfa: { at, factor } }) as Principal;

const REQUEST = { id: 'mine-1', ip: '192.0.2.1', headers: { 'user-agent': 'Jest' } };

/** What the users of a test have. */
interface World {
  enforcement?: MfaOptions['enforcement'];
  enrolled?: boolean;
  canMeet?: boolean;
  trusted?: boolean;
}

function guardIn({ enforcement = 'routes', enrolled = false, canMeet = false, trusted = false }: World = {}) {
  const recorded: (AuditEntry & RequestOrigin)[] = [];
  const asked: [string, Requirement][] = [];
  const guard = new MfaGuard(
    new Reflector(),
    {
      isEnrolled: async () => enrolled,
      canMeet: async (userId: string, required: Requirement) => {
        asked.push([userId, required]);
        return canMeet;
      },
    } as unknown as UsableFactors,
    { hasOpened: async (sessionId: string) => trusted && sessionId === USER.sessionId } as unknown as TrustedDevices,
    {
      record: (entry: AuditEntry, origin: RequestOrigin) => recorded.push({ ...entry, ...origin }),
    } as unknown as Audit,
    clock,
    { enforcement, productName: 'Stepgate' },
  );
  /** `true`, or the problem. */
  const ask = async (controller: { prototype: object }, method: string, user?: Principal): Promise<unknown> => {
    const handler = (controller.prototype as Record<string, unknown>)[method];
    try {
      return await guard.canActivate(contextOf({ user, ...REQUEST }, controller, handler));
    } catch (error) {
      return error;
    }
  };
  return { ask, recorded, asked };
}

/** What a refusal says is missing. */
const saying = (details: object) =>
  expect.objectContaining({
    definition: expect.objectContaining({ status: 401, code: 'insufficient_user_authentication' }),
    details: expect.objectContaining(details),
  });

describe('the guard of @RequireMfa()', () => {
  it('lets through who has proved enough, and nobody else', async () => {
    const { ask } = guardIn();
    expect(await ask(Plain, 'open', password)).toBe(true);
    expect(await ask(Plain, 'any', password)).toEqual(saying({ acrValues: 'mfa' }));
    expect(await ask(Plain, 'any', proved('mfa'))).toBe(true);
    expect(await ask(Plain, 'recent', proved('mfa', 'totp', clock.ago(300_000)))).toBe(true);
    expect(await ask(Plain, 'recent', proved('mfa', 'totp', clock.ago(300_001)))).toEqual(saying({ maxAge: 300 }));
  });

  it('takes class and method together', async () => {
    const { ask } = guardIn();
    expect(await ask(Strict, 'inherits', proved('mfa'))).toEqual(saying({ acrValues: 'aal2' }));
    expect(await ask(Strict, 'inherits', proved('aal2'))).toBe(true);
    expect(await ask(Strict, 'weaker', proved('mfa'))).toEqual(saying({ acrValues: 'aal2' }));
    expect(await ask(Strict, 'weaker', proved('aal2'))).toBe(true);
    expect(await ask(Strict, 'stronger', proved('aal2'))).toEqual(saying({ acrValues: 'phr' }));
    expect(await ask(Strict, 'stronger', proved('phr'))).toBe(true);
  });

  it('takes two on one method together', async () => {
    const { ask } = guardIn();
    expect(await ask(Plain, 'twice', proved('aal2', 'totp'))).toBe(true);
    expect(await ask(Plain, 'twice', proved('mfa', 'totp'))).toEqual(saying({ acrValues: 'aal2', maxAge: 60 }));
    expect(await ask(Plain, 'twice', proved('aal2', 'sms'))).toEqual(saying({ factors: ['totp'] }));
    expect(await ask(Plain, 'twice', proved('aal2', 'totp', clock.ago(60_001)))).toEqual(saying({ maxAge: 60 }));
  });

  it('keeps classes apart that inherit one method, whichever was asked first', async () => {
    const { ask } = guardIn();
    for (const round of [1, 2]) {
      expect([round, await ask(Open, 'shared', password)]).toEqual([round, true]);
      expect([round, await ask(Guarded, 'shared', password)]).toEqual([round, saying({ acrValues: 'mfa' })]);
    }
  });

  it('keeps methods of one class apart, whichever was asked first', async () => {
    const { ask } = guardIn();
    for (const round of [1, 2]) {
      expect([round, await ask(Plain, 'any', password)]).toEqual([round, expect.any(Problem)]);
      expect([round, await ask(Plain, 'open', password)]).toEqual([round, true]);
    }
  });

  it('closes a public route to whoever has no token, and records nothing of nobody', async () => {
    const { ask, recorded, asked } = guardIn({ canMeet: true });
    expect(await ask(Plain, 'contradiction')).toEqual(saying({ acrValues: 'mfa', enrolled: false }));
    expect([recorded, asked]).toEqual([[], []]);
  });

  it('records who was refused, and tells him whether he has a factor that would do', async () => {
    for (const canMeet of [true, false]) {
      const { ask, recorded, asked } = guardIn({ canMeet });
      expect(await ask(Strict, 'inherits', password)).toEqual(saying({ enrolled: canMeet }));
      expect(recorded).toEqual([{ type: 'mfa.insufficient', ...USER, detail: { acr: 'aal2' }, ...originOf(REQUEST) }]);
      expect(asked).toEqual([['ada', parseRequirement({ acr: 'aal2' })]]);
    }
  });
});

describe('the enforcement on routes that ask for nothing', () => {
  it.each<[MfaOptions['enforcement'], boolean, boolean]>([
    ['routes', false, true],
    ['routes', true, true],
    ['enrolled', false, true],
    ['enrolled', true, false],
    ['everyone', false, false],
    ['everyone', true, false],
  ])('%s, for a user who has a factor: %s, lets him through: %s', async (enforcement, enrolled, through) => {
    const { ask, recorded } = guardIn({ enforcement, enrolled, canMeet: enrolled });
    const refusal = saying({ acrValues: 'mfa', enrolled });
    expect(await ask(Plain, 'open', password)).toEqual(through ? true : refusal);
    expect(recorded).toHaveLength(through ? 0 : 1);
    expect(await ask(Plain, 'open', proved('mfa'))).toBe(true);
  });

  it('leaves open what is public and what is part of signing in, by method and by class', async () => {
    const { ask } = guardIn({ enforcement: 'everyone' });
    for (const method of ['everybody', 'signIn']) expect(await ask(Plain, method, password)).toBe(true);
    for (const routes of [PublicRoutes, SignInRoutes]) expect(await ask(routes, 'shared', password)).toBe(true);
    expect(await ask(Base, 'shared', password)).toBeInstanceOf(Problem);
  });

  it('leaves who has no token to the guard of tokens', async () => {
    expect(await guardIn({ enforcement: 'everyone' }).ask(Plain, 'open')).toBe(true);
  });

  it('lets a trusted device through, but not past @RequireMfa()', async () => {
    const { ask } = guardIn({ enforcement: 'everyone', trusted: true });
    expect(await ask(Plain, 'open', password)).toBe(true);
    expect(await ask(Plain, 'open', { ...password, sessionId: 'another' })).toBeInstanceOf(Problem);
    expect(await ask(Plain, 'any', password)).toBeInstanceOf(Problem);
  });

  it('does not ask for a recent one', async () => {
    const refusal = (await guardIn({ enforcement: 'everyone' }).ask(Plain, 'open', password)) as Problem;
    expect(refusal.details).not.toHaveProperty('maxAge');
  });
});

describe('what a refusal says', () => {
  const refusal = (given: Parameters<typeof parseRequirement>[0], level: boolean, age: boolean) =>
    insufficient(parseRequirement(given), { level, age }, true).details;

  it('is the level, in the header and in the body', () => {
    expect(refusal({ acr: 'aal2' }, true, false)).toEqual({
      detail: 'A different authentication level is required.',
      acrValues: 'aal2',
      enrolled: true,
      headers: {
        'WWW-Authenticate':
          'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="aal2"',
      },
    });
  });

  it('is the age alone, when the level is right', () => {
    expect(refusal({ acr: 'aal2', maxAge: '5m', factors: ['totp'] }, false, true)).toEqual({
      detail: 'More recent authentication is required.',
      maxAge: 300,
      enrolled: true,
      headers: {
        'WWW-Authenticate':
          'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="300"',
      },
    });
  });

  it('is level, age and factors, when all of them are asked for', () => {
    expect(refusal({ acr: 'aal2', maxAge: '5m', factors: ['totp'] }, true, false)).toEqual({
      detail: 'A different authentication level is required.',
      acrValues: 'aal2',
      maxAge: 300,
      factors: ['totp'],
      enrolled: true,
      headers: {
        'WWW-Authenticate':
          'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="aal2", max_age="300"',
      },
    });
  });
});
