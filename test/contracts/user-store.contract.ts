import { randomBytes } from 'node:crypto';
import type { NewUser, UserStore } from '../../src/index.js';

/** A user store under test. */
export interface UserStoreSubject {
  readonly store: UserStore;
  /** Makes the hash of a password that the store can check. */
  hash(password: string): Promise<string>;
  close(): Promise<void>;
}

const PASSWORD = 'Brass gears turn slowly';

/** What every {@link UserStore} must do. Run it on your own: `userStoreContract('LDAP', async () => ({ store, … }))`. */
export function userStoreContract(name: string, create: () => Promise<UserStoreSubject>): void {
  describe(`the user store ${name}`, () => {
    let subject: UserStoreSubject;
    let store: UserStore;

    beforeAll(async () => {
      subject = await create();
      store = subject.store;
    });

    afterAll(() => subject.close());

    async function newUser(email = `${randomBytes(6).toString('hex')}@example.com`): Promise<NewUser> {
      return { email, displayName: 'Ada Lovelace', passwordHash: await subject.hash(PASSWORD) };
    }

    async function add() {
      return (await store.create(await newUser()))!;
    }

    it('creates a user, and finds him by id and address', async () => {
      const user = await newUser();
      const created = await store.create(user);
      expect(created).toEqual({
        id: created!.id,
        email: user.email,
        displayName: 'Ada Lovelace',
        disabled: false,
      });
      expect(created!.id).toMatch(/^[\w.:@-]{1,32}$/);
      expect(await store.findById(created!.id)).toEqual(created);
      expect(await store.findByEmail(user.email)).toEqual(created);
    });

    it('tells nothing but what a user is', async () => {
      const { id, email } = await add();
      const told = [
        await store.findById(id),
        await store.findByEmail(email),
        await store.authenticate(email, PASSWORD),
      ];
      for (const user of told) expect(Object.keys(user!).sort()).toEqual(['disabled', 'displayName', 'email', 'id']);
    });

    it('finds nobody where nobody is', async () => {
      expect(await store.findById('nobody')).toBeNull();
      expect(await store.findByEmail('nobody@example.com')).toBeNull();
    });

    it('gives an address to one user, also when many ask at once', async () => {
      const user = await newUser();
      const created = await Promise.all(Array.from({ length: 20 }, () => store.create(user)));
      expect(created.filter((one) => one !== null)).toHaveLength(1);
      expect(await store.create(user)).toBeNull();
    });

    it('keeps addresses apart that differ in an accent', async () => {
      const unique = randomBytes(6).toString('hex');
      const jose = await store.create(await newUser(`jose-${unique}@example.com`));
      const josé = await store.create(await newUser(`josé-${unique}@example.com`));
      expect(josé!.id).not.toBe(jose!.id);
      expect(await store.findByEmail(`josé-${unique}@example.com`)).toEqual(josé);
    });

    it('compares the password whole, and exactly', async () => {
      const { id, email } = await add();
      expect(await store.authenticate(email, PASSWORD)).toMatchObject({ id });
      const wrong = ['', PASSWORD.toLowerCase(), ` ${PASSWORD}`, PASSWORD.slice(0, -1), `${PASSWORD}\u0000`];
      for (const password of wrong) expect(await store.authenticate(email, password)).toBeNull();
      expect(await store.authenticate('nobody@example.com', PASSWORD)).toBeNull();
    });

    it('tells long passwords apart that begin alike', async () => {
      const long = 'long '.repeat(20);
      const created = await store.create({ ...(await newUser()), passwordHash: await subject.hash(`${long}one`) });
      expect(await store.authenticate(created!.email, `${long}one`)).not.toBeNull();
      expect(await store.authenticate(created!.email, `${long}two`)).toBeNull();
    });

    it('takes a new password in the place of the old', async () => {
      const { id, email } = await add();
      await store.setPassword(id, await subject.hash('Slow turns of brass'));
      expect(await store.authenticate(email, PASSWORD)).toBeNull();
      expect(await store.authenticate(email, 'Slow turns of brass')).not.toBeNull();
    });

    it('keeps a disabled user out, and lets him in again', async () => {
      const { id, email } = await add();
      await store.setDisabled(id, true);
      expect(await store.authenticate(email, PASSWORD)).toBeNull();
      expect(await store.findById(id)).toMatchObject({ disabled: true });
      await store.setDisabled(id, false);
      expect(await store.authenticate(email, PASSWORD)).not.toBeNull();
    });

    it('forgets a user', async () => {
      const { id, email } = await add();
      await store.delete(id);
      expect(await store.findById(id)).toBeNull();
      expect(await store.authenticate(email, PASSWORD)).toBeNull();
      expect(await store.create(await newUser(email))).not.toBeNull();
    });

    it('takes about the same time for an unknown address, a wrong password and a disabled user', async () => {
      const known = await add();
      const disabled = await add();
      await store.setDisabled(disabled.id, true);
      const attempts: Record<string, [string, string]> = {
        wrong: [known.email, 'not the password'],
        unknown: ['nobody@example.com', PASSWORD],
        disabled: [disabled.email, PASSWORD],
      };
      const fastest = async ([email, password]: [string, string]) => {
        const times: number[] = [];
        for (let n = 0; n < 7; n++) {
          const start = performance.now();
          await store.authenticate(email, password);
          times.push(performance.now() - start);
        }
        return Math.min(...times);
      };
      const wrong = await fastest(attempts.wrong);
      // Leaving the hash out makes an attempt many times faster; twice is noise.
      for (const attempt of [attempts.unknown, attempts.disabled]) {
        expect((await fastest(attempt)) / wrong).toBeGreaterThan(0.4);
      }
    });
  });
}
