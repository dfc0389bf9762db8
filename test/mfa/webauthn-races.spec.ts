import { NO_REQUEST } from '../../src/http/request-origin.js';
import { SecondFactor } from '../../src/mfa/challenge/second-factor.service.js';
import { Enrollment } from '../../src/mfa/enrollment/enrollment.service.js';
import { PasskeySignIn } from '../../src/mfa/passkey/passkey-sign-in.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { login, principalOf, register } from '../support/people.js';
import { beginEnrollment, passkeyOptions, registerWithKey, SecurityKey } from '../support/security-key.js';

const MANY = 20;

describe.each(databases)('a security key answering 20 times in the same moment on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  async function winners(attempt: (index: number) => Promise<unknown>): Promise<number> {
    const outcomes = await Promise.allSettled(Array.from({ length: MANY }, (_, index) => attempt(index)));
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  }

  it.each([1, 0])('proves a second factor once (counter grows by %d)', async (countsBy) => {
    const ada = await registerWithKey(app);
    const pending = await login(app, ada);
    const { id, publicKey } = pending.mfa.challenge!;
    const credential = ada.key.get(publicKey!, undefined, { countsBy });
    const principal = principalOf(app, pending);
    const service = app.nest.get(SecondFactor);
    expect(await winners(() => service.verify(principal, id, { credential }))).toBe(1);
  });

  it.each([1, 0])('opens one session alone (counter grows by %d)', async (countsBy) => {
    const ada = await registerWithKey(app);
    const { challengeId, publicKey } = await passkeyOptions(app);
    const credential = ada.key.get(publicKey, undefined, { countsBy });
    const service = app.nest.get(PasskeySignIn);
    expect(await winners(() => service.signIn(challengeId, credential, NO_REQUEST))).toBe(1);
  });

  it('uses one value of the counter once, in however many challenges', async () => {
    const ada = await registerWithKey(app);
    const options = await Promise.all(Array.from({ length: MANY }, () => passkeyOptions(app)));
    // Clones of one authenticator: all count from the same value.
    const answers = options.map(({ publicKey }, index) =>
      ada.key.get(publicKey, undefined, { countsBy: index === 0 ? 1 : 0 }),
    );
    const service = app.nest.get(PasskeySignIn);
    expect(await winners((index) => service.signIn(options[index].challengeId, answers[index], NO_REQUEST))).toBe(1);
  });

  it('is enrolled by one of those who claim the same credential', async () => {
    const key = new SecurityKey();
    const claims = [];
    for (let index = 0; index < 5; index++) {
      const session = await login(app, await register(app));
      const { id, publicKey } = await beginEnrollment(app, session);
      claims.push({ id, principal: principalOf(app, session), made: new SecurityKey().create(publicKey), publicKey });
    }
    const original = key.create(claims[0].publicKey);
    const enrollment = app.nest.get(Enrollment);
    const outcomes = await Promise.allSettled(
      claims.map(({ id, principal, made }, index) => {
        const clientDataJSON = index === 0 ? original.response.clientDataJSON : made.response.clientDataJSON;
        const credential = { ...original, response: { ...original.response, clientDataJSON } };
        return enrollment.activate(principal, id, { credential });
      }),
    );
    const refusals = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as { definition?: { code: string } }).definition?.code] : [],
    );
    expect(refusals).toEqual(['conflict', 'conflict', 'conflict', 'conflict']);
  });
});
