import fc from 'fast-check';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { challenge, challengeRow, newUserWithFactors, outcome, wrongCode } from '../support/second-factors.js';

type Type = 'email' | 'sms';
type Command =
  | { do: 'answer'; with: 'right' | 'wrong' | 'old' | 'another challenge’s' }
  | { do: 'send'; over: Type }
  | { do: 'wait'; duration: string };

const [TRIES, LIFETIME, GAP] = [5, 300_000, 60_000];
const BUDGET = [
  { limit: 5, window: 600_000 },
  { limit: 10, window: 3_600_000 },
] as const;

/** What the engine must do, in memory and one at a time. */
class Model {
  attempts = 0;
  used = false;
  codes: string[] = [];
  type: Type = 'email';
  private expiresAt = 0;
  private readonly sent: Record<Type, number[]> = { email: [], sms: [] };

  constructor(now: number) {
    this.sends('email', now);
  }

  answer(code: string, now: number): string {
    if (!this.isOpen(now)) return 'challenge_expired';
    if (code === this.codes.at(-1)) this.used = true;
    else this.attempts += 1;
    return this.used ? 'accepted' : 'invalid_code';
  }

  send(type: Type, now: number): string {
    if (!this.isOpen(now)) return 'challenge_expired';
    if (now < (this.sent[type].at(-1) ?? -Infinity) + GAP) return 'too_many_requests';
    return this.sends(type, now) ? 'accepted' : 'too_many_requests';
  }

  status(now: number): string {
    if (this.used) return 'verified';
    if (this.attempts === TRIES) return 'exhausted';
    return now >= this.expiresAt ? 'expired' : 'pending';
  }

  private isOpen(now: number): boolean {
    return this.status(now) === 'pending';
  }

  private sends(type: Type, now: number): boolean {
    if (BUDGET.some(({ limit, window }) => inWindow(this.sent[type], window, now) >= limit)) return false;
    this.sent[type].push(now);
    Object.assign(this, { type, expiresAt: now + LIFETIME });
    return true;
  }
}

/** How many of the moments fall into the window that is open now; each opens with the first after the one before. */
function inWindow(moments: readonly number[], window: number, now: number): number {
  let [start, count] = [-Infinity, 0];
  for (const moment of moments) {
    if (moment >= start + window) [start, count] = [moment, 0];
    count += 1;
  }
  return now >= start + window ? 0 : count;
}

const commands = fc.array(
  fc.oneof<fc.WeightedArbitrary<Command>[]>(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('answer' as const), with: fc.constantFrom('wrong' as const) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('answer' as const),
        with: fc.constantFrom('right' as const, 'old' as const, 'old' as const, 'another challenge’s' as const),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        over: fc.constantFrom<Type[]>('email', 'sms'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        duration: fc.constantFrom('1ms', '59999ms', '60s', '60s', '2m', '4m', '299999ms', '5m'),
      }),
    },
  ),
  { minLength: 1, maxLength: 15 },
);

describe.each(databases)('any mix of sending, answering, switching and waiting on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  it('goes as a model of ten lines says', async () => {
    const seen = new Set<string>();
    const run = async (given: readonly Command[]): Promise<void> => {
      const ada = await newUserWithFactors(app, ['email', 'sms']);
      const now = () => app.clock.now().getTime();
      const other = await challenge(app, ada);
      const otherCode = app.lastCode(ada.email);
      // Their budgets are full again.
      app.clock.advance('1h');
      const { id } = await challenge(app, ada);
      const model = new Model(now());
      model.codes.push(app.lastCode(ada.email));
      const secondFactor = app.nest.get(SecondFactor);

      for (const command of given) {
        if (command.do === 'wait') {
          app.clock.advance(command.duration);
        } else if (command.do === 'send') {
          const taken = await outcome(secondFactor.send(ada.principal, id, ada.factorIds[command.over]));
          expect([command, taken]).toEqual([command, model.send(command.over, now())]);
          if (taken === 'accepted') model.codes.push(app.lastCode(ada.addresses[command.over]));
          seen.add(`send ${taken}`);
        } else {
          const code = {
            right: model.codes.at(-1)!,
            wrong: wrongCode(...model.codes),
            old: model.codes.at(-2) ?? wrongCode(...model.codes),
            'another challenge’s': otherCode,
          }[command.with];
          const taken = await outcome(secondFactor.verify(ada.principal, id, { code }));
          expect([command, taken]).toEqual([command, model.answer(code, now())]);
          seen.add(`answer ${taken}`);
        }
        const { status, attemptsLeft, factor } = await secondFactor.show(ada.principal, id);
        expect([command, status, attemptsLeft, factor.type]).toEqual([
          command,
          model.status(now()),
          TRIES - model.attempts,
          model.type,
        ]);
      }
      expect(await challengeRow(app, other.id)).toMatchObject({ attempts: 0, consumedAt: null });
    };

    // A failure prints the seed and the shortest list of commands that shows it.
    await fc.assert(fc.asyncProperty(commands, run), { numRuns: database.name === 'SQLite' ? 100 : 25 });

    if (database.name !== 'SQLite') return;
    // The mix was rich enough to show everything.
    const all = ['accepted', 'challenge_expired'].flatMap((one) => [`answer ${one}`, `send ${one}`]);
    expect([...seen].sort()).toEqual([...all, 'answer invalid_code', 'send too_many_requests'].sort());
  }, 60_000);
});
