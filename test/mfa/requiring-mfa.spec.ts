import { Controller, Get, type Type } from '@nestjs/common';
import { CurrentPrincipal, Public } from '../../src/auth/index.js';
import { type MfaRequirement, RequireMfa } from '../../src/mfa/index.js';
import type { Principal } from '../../src/tokens/principal.js';
import { startApp, type TestApp } from '../support/app.js';
import { bearer } from '../support/people.js';
import { type Challenged, newUserWithFactors, passwordToken, tokenBy } from '../support/second-factors.js';

type Requirement = MfaRequirement | null;
const REQUIREMENTS: readonly Requirement[] = [
  null,
  {},
  { acr: 'aal2' },
  { maxAge: '5m' },
  { maxAge: '1m' },
  { factors: ['sms'] },
  { factors: ['email', 'sms'] },
  { acr: 'aal2', maxAge: '1m' },
];

/** A controller that asks for `required`, with one route for each requirement that a method can add. */
function controllerOf(path: string, required: Requirement): Type {
  class Combination {}
  REQUIREMENTS.forEach((added, index) => {
    const name = `method${index}`;
    const method = { value: () => ({ open: true }), configurable: true, writable: true };
    Object.defineProperty(Combination.prototype, name, method);
    Get(`method-${index}`)(Combination.prototype, name, method);
    if (added) RequireMfa(added)(Combination.prototype, name, method);
  });
  if (required) RequireMfa(required)(Combination);
  Controller(path)(Combination);
  return Combination;
}

abstract class Shared {
  @Get()
  read(): object {
    return { open: true };
  }
}

@Controller('inherits/open')
class InheritsOpen extends Shared {}

@Controller('inherits/guarded')
@RequireMfa()
class InheritsGuarded extends Shared {}

@RequireMfa({ acr: 'aal2' })
abstract class OfLevel2 {}

@Controller('twice')
@RequireMfa()
class Twice extends OfLevel2 {
  @Get('class')
  ofClass(): object {
    return { open: true };
  }

  @Get('method')
  @RequireMfa()
  @RequireMfa({ factors: ['sms'] })
  @RequireMfa({ maxAge: '1m' })
  ofMethod(): object {
    return { open: true };
  }
}

@Controller('both')
class Both {
  @Get('public-and-guarded')
  @Public()
  @RequireMfa()
  closed(): object {
    return { open: true };
  }

  @Get('principal')
  principal(@CurrentPrincipal() principal: Principal): object {
    return principal;
  }

  @Get('public')
  @Public()
  nobody(@CurrentPrincipal() principal?: Principal): object {
    return { principal: principal ?? null };
  }
}

describe('@RequireMfa()', () => {
  let app: TestApp;
  let ada: Challenged;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    const combinations = REQUIREMENTS.map((required, index) => controllerOf(`class-${index}`, required));
    app = await startApp({ own: { controllers: [...combinations, InheritsOpen, InheritsGuarded, Twice, Both] } });
    ada = await newUserWithFactors(app, ['email', 'sms']);
    app.clock.advance('1h');
    tokens['e-mail, old'] = await tokenBy(app, ada, 'email');
    tokens['SMS, old'] = await tokenBy(app, ada, 'sms');
    app.clock.advance('5m');
    app.clock.advance('1s');
    tokens['password alone'] = await passwordToken(app, ada);
    tokens['e-mail, 1 minute old'] = await tokenBy(app, ada, 'email');
    tokens['SMS, 1 minute old'] = await tokenBy(app, ada, 'sms');
    app.clock.advance('59s');
  });

  afterAll(() => app.close());

  const get = (path: string, who: string) => app.http.get(`/v1/${path}`).auth(tokens[who], bearer);

  /** What each caller of the test has proved. */
  const CALLERS: Record<string, { factor: string | null; acr: number; age: number }> = {
    'password alone': { factor: null, acr: 0, age: Infinity },
    'e-mail, old': { factor: 'email', acr: 1, age: 360 },
    'e-mail, 1 minute old': { factor: 'email', acr: 1, age: 59 },
    'SMS, old': { factor: 'sms', acr: 2, age: 360 },
    'SMS, 1 minute old': { factor: 'sms', acr: 2, age: 59 },
  };

  const LEVELS = ['aal1', 'mfa', 'aal2'];
  const SECONDS: Record<string, number> = { '1m': 60, '5m': 300 };

  describe.each(REQUIREMENTS.map((required, index) => [required, index] as const))('on a class: %j', (onClass, c) => {
    it.each(REQUIREMENTS.map((required, index) => [required, index] as const))(
      'and on a method: %j, lets through who meets both',
      async (onMethod, m) => {
        const asked = [onClass, onMethod].filter((one) => one !== null);
        for (const [who, { factor, acr, age }] of Object.entries(CALLERS)) {
          const level = Math.max(0, ...asked.map((one) => LEVELS.indexOf(one.acr ?? 'mfa')));
          const maxAge = Math.min(...asked.map((one) => (one.maxAge ? SECONDS[one.maxAge] : Infinity)));
          const factors = ['email', 'sms'].filter((type) => asked.every((one) => one.factors?.includes(type) ?? true));
          const tooWeak = asked.length > 0 && (acr < level || factor === null || !factors.includes(factor));
          const tooOld = age > maxAge;

          const { status, headers, body } = await get(`class-${c}/method-${m}`, who);

          expect([who, status]).toEqual([who, tooWeak || tooOld ? 401 : 200]);
          if (status === 200) continue;
          expect([who, headers['www-authenticate']]).toEqual([
            who,
            [
              'Bearer error="insufficient_user_authentication"',
              `error_description="${tooWeak ? 'A different authentication level' : 'More recent authentication'} is required"`,
              ...(tooWeak ? [`acr_values="${LEVELS[level]}"`] : []),
              ...(maxAge < Infinity ? [`max_age="${maxAge}"`] : []),
            ].join(', '),
          ]);
          expect(body).toMatchObject({ code: 'insufficient_user_authentication', enrolled: true });
        }
      },
    );
  });

  describe('says what is missing', () => {
    const problem = {
      type: 'urn:stepgate:problem:insufficient_user_authentication',
      title: 'This action needs a second factor.',
      status: 401,
      code: 'insufficient_user_authentication',
      requestId: expect.any(String) as string,
    };

    it('a second factor', async () => {
      const { headers, body } = await get('class-1/method-0', 'password alone').expect(401);
      expect(headers['www-authenticate']).toBe(
        'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="mfa"',
      );
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toEqual({
        ...problem,
        instance: '/v1/class-1/method-0',
        detail: 'A different authentication level is required.',
        acrValues: 'mfa',
        enrolled: true,
      });
    });

    it('a stronger and younger one', async () => {
      const { headers, body } = await get('class-7/method-0', 'e-mail, old').expect(401);
      expect(headers['www-authenticate']).toBe(
        'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="aal2", max_age="60"',
      );
      expect(body).toEqual({
        ...problem,
        instance: '/v1/class-7/method-0',
        detail: 'A different authentication level is required.',
        acrValues: 'aal2',
        maxAge: 60,
        enrolled: true,
      });
    });

    it('a younger one', async () => {
      const { headers, body } = await get('class-3/method-0', 'SMS, old').expect(401);
      expect(headers['www-authenticate']).toBe(
        'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="300"',
      );
      expect(body).toEqual({
        ...problem,
        instance: '/v1/class-3/method-0',
        detail: 'More recent authentication is required.',
        maxAge: 300,
        enrolled: true,
      });
    });

    it('one of certain types', async () => {
      const { body } = await get('class-5/method-0', 'e-mail, 1 minute old').expect(401);
      expect(body).toEqual({
        ...problem,
        instance: '/v1/class-5/method-0',
        detail: 'A different authentication level is required.',
        acrValues: 'mfa',
        factors: ['sms'],
        enrolled: true,
      });
    });

    it('and whether the caller has a factor that would do', async () => {
      const grace = await newUserWithFactors(app, ['email']);
      tokens.grace = await passwordToken(app, grace);
      tokens.nobody = await passwordToken(app, await newUserWithFactors(app, []));
      expect((await get('class-1/method-0', 'grace')).body).toMatchObject({ enrolled: true });
      expect((await get('class-2/method-0', 'grace')).body).toMatchObject({ enrolled: false });
      expect((await get('class-5/method-0', 'grace')).body).toMatchObject({ enrolled: false });
      expect((await get('class-1/method-0', 'nobody')).body).toMatchObject({ enrolled: false });
    });
  });

  it('counts for a class that inherits its methods, whoever was asked first', async () => {
    await get('inherits/open', 'password alone').expect(200);
    await get('inherits/guarded', 'password alone').expect(401);
    await get('inherits/open', 'password alone').expect(200);
  });

  it('is not loosened by a second one, on the class, on a base class, or on the method', async () => {
    await get('twice/class', 'e-mail, 1 minute old').expect(401, /"acrValues":"aal2"/);
    await get('twice/class', 'SMS, old').expect(200);
    await get('twice/method', 'SMS, old').expect(401, /"maxAge":60/);
    await get('twice/method', 'e-mail, 1 minute old').expect(401, /"factors":\["sms"\]/);
    await get('twice/method', 'SMS, 1 minute old').expect(200);
  });

  it('closes a route that is marked public too', async () => {
    const { body } = await app.http.get('/v1/both/public-and-guarded').expect(401);
    expect(body).toMatchObject({ code: 'insufficient_user_authentication', enrolled: false });
  });

  it('is asked for only after a token', async () => {
    const { headers, body } = await app.http.get('/v1/class-1/method-0').expect(401);
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(body).toMatchObject({ code: 'unauthenticated' });
  });

  it('guards HEAD like GET', async () => {
    await app.http.head('/v1/class-1/method-0').auth(tokens['password alone'], bearer).expect(401);
    await app.http.head('/v1/class-1/method-0').auth(tokens['SMS, old'], bearer).expect(200);
  });
});

describe('@CurrentPrincipal()', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ own: { controllers: [Both] } });
  });

  afterAll(() => app.close());

  it('is who is calling, with what he has proved', async () => {
    const ada = await newUserWithFactors(app);
    const token = await tokenBy(app, ada, 'email');
    const { body } = await app.http.get('/v1/both/principal').auth(token, bearer).expect(200);
    expect(body).toMatchObject({
      userId: ada.userId,
      sessionId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      acr: 'mfa',
      amr: ['pwd', 'otp', 'mfa'],
      mfa: { factor: 'email' },
      claims: { sub: ada.userId },
    });
  });

  it('is nobody on a public route', async () => {
    await app.http.get('/v1/both/public').expect(200, { principal: null });
  });
});

describe('a @RequireMfa() that makes no sense', () => {
  const start = (onClass: Requirement, onMethod: Requirement): Promise<TestApp> => {
    class Nonsense {
      read(): object {
        return {};
      }
    }
    const method = Object.getOwnPropertyDescriptor(Nonsense.prototype, 'read')!;
    Get()(Nonsense.prototype, 'read', method);
    if (onMethod) RequireMfa(onMethod)(Nonsense.prototype, 'read', method);
    if (onClass) RequireMfa(onClass)(Nonsense);
    Controller('nonsense')(Nonsense);
    return startApp({ own: { controllers: [Nonsense] } });
  };

  it.each<[string, Requirement, Requirement, RegExp]>([
    ['an unknown factor type', null, { factors: ['email', 'pigeon'] }, /Nonsense\.read: .*no factor type "pigeon"/],
    ['an unknown factor type on the class', { factors: ['pigeon'] }, null, /no factor type "pigeon"/],
    ['a class and a method that exclude each other', { factors: ['email'] }, { factors: ['sms'] }, /meets both/],
    ['a level that none of the types reaches', null, { acr: 'aal2', factors: ['email'] }, /reaches aal2/],
    ['a level of the class that no type of the method reaches', { acr: 'phr' }, { factors: ['sms'] }, /reaches phr/],
  ])('stops the start: %s', async (_, onClass, onMethod, message) => {
    await expect(start(onClass, onMethod)).rejects.toThrow(message);
  });
});
