import type { ModuleMetadata } from '@nestjs/common';
import { generateSync } from 'otplib';
import type { SessionDto } from '../../src/auth/index.js';
import { PinModule } from '../contracts/pin/pin.module.js';
import type { TestApp } from './app.js';
import { bearer, type Person } from './people.js';

type Session = Pick<SessionDto, 'accessToken'>;

/** What proves a factor, as the body of a request. */
export type AnswerBody = Readonly<Record<string, unknown>>;

/** A challenge, or an enrolment: what an authenticator has to be given. */
export interface Asked {
  readonly publicKey?: object;
}

/** Somebody who holds a factor, and can answer for it. */
export interface Holder {
  readonly factorId: string;
  /** The right answer to what was asked; a new one each time. */
  answer(asked: Asked): AnswerBody | Promise<AnswerBody>;
}

/** A kind of factor, for the suites that every kind must pass. A new kind is one entry in {@link kinds}. */
export interface FactorKind {
  readonly type: string;
  /** What `amr` and `acr` are after a password and this. */
  readonly amr: readonly string[];
  readonly acr: string;
  /** The module that registers it, when it is not one of ours. */
  readonly module?: NonNullable<ModuleMetadata['imports']>[number];
  /** For something you know: the same answer is right every time. */
  readonly reusable?: boolean;
  /** Asks for one, which is then pending. Absent where it comes with the first factor and cannot be asked for. */
  begin?(app: TestApp, session: Session, person: Person): Promise<Holder>;
  /** Has one that is active, with a fresh enough session. */
  enroll(app: TestApp, session: Session, person: Person): Promise<Holder>;
  /** An answer that is well formed and wrong. */
  readonly wrong: AnswerBody;
}

interface Shown {
  readonly app: TestApp;
  readonly person: Person;
  /** What enrolment showed. */
  readonly material: Readonly<Record<string, string>>;
}

/** A kind that is enrolled with a request of its own. */
function kind(
  entry: Omit<FactorKind, 'begin' | 'enroll' | 'wrong'> & {
    readonly input: (person: Person) => object;
    readonly answer: (shown: Shown, asked: Asked) => AnswerBody | Promise<AnswerBody>;
    readonly wrong?: AnswerBody;
  },
): FactorKind {
  const ask = async (app: TestApp, { accessToken }: Session, person: Person) => {
    const { body } = await app.http
      .post('/v1/mfa/factors')
      .auth(accessToken, bearer)
      .send({ type: entry.type, ...entry.input(person) })
      .expect(201);
    const shown: Shown = { app, person, material: body.enrollment };
    const answer = (asked: Asked) => entry.answer(shown, asked);
    return { holder: { factorId: body.factor.id as string, answer }, enrollment: body.enrollment as Asked };
  };
  return {
    wrong: { code: '000000' },
    ...entry,
    begin: async (...who) => (await ask(...who)).holder,
    enroll: async (app, session, person) => {
      const { holder, enrollment } = await ask(app, session, person);
      await app.http
        .post(`/v1/mfa/factors/${holder.factorId}/activate`)
        .auth(session.accessToken, bearer)
        .send(await holder.answer(enrollment))
        .expect(200);
      return holder;
    },
  };
}

/** A number of that person alone, so that nobody's messages use up another's budget. */
export function phoneOf({ email }: Person): string {
  const digits = [...email].reduce((hash, character) => (hash * 31 + character.charCodeAt(0)) % 10_000_000, 7);
  return `+491511${String(digits).padStart(7, '0')}`;
}

/** The code of an authenticator app; time moves on first, as no step is good twice. */
export function totpCode(app: TestApp, secret: string): string {
  app.clock.advance('30s');
  return generateSync({ secret, epoch: Math.floor(app.clock.now().getTime() / 1_000) });
}

const email = kind({
  type: 'email',
  amr: ['pwd', 'otp', 'mfa'],
  acr: 'mfa',
  input: () => ({}),
  answer: ({ app, person }) => ({ code: app.lastCode(person.email) }),
});

const sms = kind({
  type: 'sms',
  amr: ['pwd', 'sms', 'otp', 'mfa'],
  acr: 'aal2',
  input: (person) => ({ phoneNumber: phoneOf(person) }),
  answer: ({ app, person }) => ({ code: app.lastCode(phoneOf(person)) }),
});

const totp = kind({
  type: 'totp',
  amr: ['pwd', 'otp', 'mfa'],
  acr: 'aal2',
  input: () => ({}),
  answer: ({ app, material }) => ({ code: totpCode(app, material.secret) }),
});

const pin = kind({
  type: 'pin',
  amr: ['pwd', 'pin', 'mfa'],
  acr: 'mfa',
  module: PinModule,
  reusable: true,
  input: () => ({ pin: '493817' }),
  answer: () => ({ code: '493817' }),
});

/** They come with the first factor, here an authenticator app. */
const recoveryCode: FactorKind = {
  type: 'recovery_code',
  amr: ['pwd', 'kba', 'mfa'],
  acr: 'aal2',
  wrong: { code: '0000-0000-0000-0000' },
  enroll: async (app, { accessToken }) => {
    const enrolled = await app.http
      .post('/v1/mfa/factors')
      .auth(accessToken, bearer)
      .send({ type: 'totp' })
      .expect(201);
    const { factor, enrollment } = enrolled.body;
    const activated = await app.http
      .post(`/v1/mfa/factors/${factor.id}/activate`)
      .auth(accessToken, bearer)
      .send({ code: totpCode(app, enrollment.secret) })
      .expect(200);
    const challenge = await app.http.post('/v1/mfa/challenges').auth(accessToken, bearer).expect(201);
    const codes: string[] = [...activated.body.recoveryCodes];
    return {
      factorId: challenge.body.factors.find(({ type }: { type: string }) => type === 'recovery_code').id,
      answer: () => ({ code: codes.shift() }),
    };
  },
};

export const kinds: readonly FactorKind[] = [email, sms, totp, recoveryCode, pin];
