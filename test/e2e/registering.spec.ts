import { UserStore } from '../../src/users/user-store.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { eventually, login, newPerson, type Person, register } from '../support/people.js';

const ASTRAL = '😀';

describe.each(databases)('registering on $name', (database) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ database });
  });

  afterAll(() => app.close());

  const ask = (person: object) => app.http.post('/v1/auth/register').send(person);
  const prove = (challengeId: string, code: string) =>
    app.http.post('/v1/auth/email/verify').send({ challengeId, code });
  const tryLogin = ({ email, password }: Person) => app.http.post('/v1/auth/login').send({ email, password });

  /** Asks for an account, and waits for the mail. */
  async function asked(person: Person): Promise<{ id: string; code: string }> {
    const before = app.outbox.messages(person.email).length;
    const { body } = await ask(person).expect(202);
    await eventually(() => expect(app.outbox.messages(person.email).length).toBe(before + 1));
    return { id: body.verification.id, code: app.lastCode(person.email) };
  }

  it('opens it in this application, and not in another one of the same process', async () => {
    const ada = await register(app);
    const other = await startApp({ database });
    await tryLogin(ada).expect(200);
    await other.http.post('/v1/auth/login').send(ada).expect(401);
    await other.close();
  });

  it('opens an account once the address is proved, and not before', async () => {
    const ada = newPerson();
    const { id, code } = await asked(ada);
    await tryLogin(ada).expect(401);
    await prove(id, '000000' === code ? '000001' : '000000').expect(422);
    await tryLogin(ada).expect(401);
    await prove(id, code).expect(204);
    await tryLogin(ada).expect(200);
    await prove(id, code).expect(410);
  });

  it('answers the same for a taken address, whose owner gets a notice and no code', async () => {
    const ada = await register(app);
    const fresh = await ask(newPerson()).expect(202);
    const taken = await ask({ ...ada, password: 'quite another phrase' }).expect(202);

    const shape = (body: { verification: Record<string, unknown> }) => {
      const { factor, ...rest } = body.verification as { factor: object };
      return { ...rest, id: null, factor: { ...factor, id: null } };
    };
    expect(shape(taken.body)).toEqual(shape(fresh.body));
    expect(Object.keys(taken.headers).sort()).toEqual(Object.keys(fresh.headers).sort());
    const notice = await eventually(() => {
      const [mail] = app.outbox.messages(ada.email);
      expect(mail.subject).toBe('Stepgate: You already have an account');
      return mail;
    });
    expect(notice.code).toBeUndefined();
    expect(notice.text).not.toMatch(/\d{6}/);
    await prove(taken.body.verification.id, '123456').expect(422);
    await tryLogin({ ...ada, password: 'quite another phrase' }).expect(401);
    await tryLogin(ada).expect(200);
  });

  it('takes the address in any spelling as one', async () => {
    const ada = await register(app);
    const shouted = { ...ada, email: ada.email.toUpperCase().replace('EXAMPLE.COM', 'Example.Com') };
    await login(app, shouted);
    await ask(shouted).expect(202);
    await eventually(() => expect(app.outbox.messages(ada.email)[0].subject).toMatch(/already have an account/));
  });

  it('cannot be prepared by a stranger: only the password of who proves the address works', async () => {
    const victim = newPerson('victim');
    const stranger = { ...victim, password: 'the stranger’s own phrase' };
    const theirs = await asked(stranger);
    const own = await asked(victim);

    await prove(theirs.id, own.code).expect(422);
    await prove(own.id, own.code).expect(204);

    await tryLogin(stranger).expect(401);
    await tryLogin(victim).expect(200);
    // The stranger’s own challenge is worth nothing now, even with its code.
    await prove(theirs.id, theirs.code).expect(410);
    await tryLogin(stranger).expect(401);
    await tryLogin(victim).expect(200);
  });

  it('twice at the same moment opens one account', async () => {
    const ada = newPerson();
    const [one, two] = [await asked(ada), await asked({ ...ada, password: 'another long phrase' })];
    const answers = await Promise.all([prove(one.id, one.code), prove(two.id, two.code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 410]);
    expect(await app.nest.get(UserStore).findByEmail(ada.email)).not.toBeNull();
  });

  describe('with a password', () => {
    it.each([
      ['too short', 'a7b8c9d'],
      ['too long', 'x'.repeat(129)],
      ['too short in code points, though not in UTF-16', ASTRAL.repeat(7)],
      ['too long in code points', ASTRAL.repeat(129)],
      ['common', 'password1'],
      ['common, in capitals', 'PASSWORD1'],
      ['common, in full-width letters', 'ｐａｓｓｗｏｒｄ'],
      ['the address', 'grace-7@example.com'],
      ['the address, with digits', 'grace20261124'],
      ['the name', 'Lovelace99'],
      ['the name of the product', 'Stepgate1!'],
    ])('that is %s is refused', async (_, password) => {
      const person = { email: 'grace-7@example.com', displayName: 'Grace Lovelace', password };
      const { body } = await ask(person).expect(400);
      expect(body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/password' }] });
      expect(app.outbox.messages(person.email)).toEqual([]);
    });

    it.each([
      ['8 code points', ASTRAL.repeat(8)],
      ['128 code points', ASTRAL.repeat(128)],
      ['128 letters', 'gear'.repeat(32)],
      ['spaces around', '  spaces are part of it  '],
      ['no digit and no capital', 'quietlanternriver'],
      ['combining signs, a zero byte and another script', 'e\u0301\u0000пароль из слов'],
    ])('of %s is taken, and compared whole', async (_, password) => {
      const ada = await register(app, { ...newPerson(), password });
      await tryLogin(ada).expect(200);
      const others = [`${password}x`, [...password].slice(0, -1).join(''), `${[...password].slice(0, -1).join('')}!`];
      for (const other of [...others, password.trim(), password.normalize('NFC'), password.toUpperCase()]) {
        if (other !== password) await tryLogin({ ...ada, password: other }).expect(401);
      }
    });
  });

  it('is the only way in: unknown, wrong and disabled get the same answer', async () => {
    const ada = await register(app);
    const disabled = await register(app);
    const store = app.nest.get(UserStore);
    await store.setDisabled((await store.findByEmail(disabled.email))!.id, true);

    const answers = await Promise.all([
      tryLogin(newPerson()),
      tryLogin({ ...ada, password: 'not the phrase' }),
      tryLogin(disabled),
      tryLogin({ email: '"no address"@@', password: 'not the phrase' }),
    ]);
    for (const { status, body, headers } of answers) {
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(body).toEqual({
        type: 'urn:stepgate:problem:invalid_credentials',
        title: 'The address or the password is not right.',
        status: 401,
        code: 'invalid_credentials',
        instance: '/v1/auth/login',
        requestId: expect.any(String) as string,
      });
    }
  });
});
