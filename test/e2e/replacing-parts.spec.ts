import { Injectable, Module } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import {
  type AuditEvent,
  AuditSink,
  type Message,
  type NewUser,
  PasswordHasher,
  SmsCarrier,
  type User,
  UserStore,
} from '../../src/index.js';
import { UserRow } from '../../src/users/user.entity.js';
import { DataSource } from 'typeorm';
import { type AppOptions, startApp, type TestApp } from '../support/app.js';
import { startMailServer } from '../support/mail-server.js';
import { as, eventually, login, newPerson, register, registerWithEmailFactor } from '../support/people.js';

/** Where a team's own classes leave what they got; a module of its own brings it. */
@Injectable()
class Notebook {
  readonly events: AuditEvent[] = [];
  readonly texts: Message[] = [];
  readonly users = new Map<string, NewUser & { id: string; disabled: boolean }>();
}

@Module({ providers: [Notebook], exports: [Notebook] })
class NotebookModule {}

const imports = [NotebookModule];

@Injectable()
class NotebookUsers extends UserStore {
  constructor(
    private readonly notebook: Notebook,
    private readonly hasher: PasswordHasher,
  ) {
    super();
  }

  async authenticate(email: string, password: string): Promise<User | null> {
    const user = this.where((one) => one.email === email);
    const right = await this.hasher.matches(user?.passwordHash ?? null, password);
    return user && right && !user.disabled ? user : null;
  }

  findById(id: string) {
    return Promise.resolve(this.where((one) => one.id === id));
  }

  findByEmail(email: string) {
    return Promise.resolve(this.where((one) => one.email === email));
  }

  create(user: NewUser) {
    // As ids of other systems are: their case matters.
    const id = `Own.${randomBytes(12).toString('base64url')}`;
    this.notebook.users.set(id, { ...user, id, disabled: false });
    return this.findById(id);
  }

  setPassword(id: string, passwordHash: string) {
    return this.change(id, { passwordHash });
  }

  setDisabled(id: string, disabled: boolean) {
    return this.change(id, { disabled });
  }

  delete(id: string) {
    this.notebook.users.delete(id);
    return Promise.resolve();
  }

  private where(which: (user: NewUser & { id: string; disabled: boolean }) => boolean) {
    return [...this.notebook.users.values()].find(which) ?? null;
  }

  private change(id: string, to: { passwordHash?: string; disabled?: boolean }) {
    this.notebook.users.set(id, { ...this.notebook.users.get(id)!, ...to });
    return Promise.resolve();
  }
}

@Injectable()
class NotebookSms extends SmsCarrier {
  constructor(private readonly notebook: Notebook) {
    super();
  }

  carrySms(sms: Message): Promise<void> {
    this.notebook.texts.push(sms);
    return Promise.resolve();
  }
}

@Injectable()
class NotebookSink extends AuditSink {
  constructor(private readonly notebook: Notebook) {
    super();
  }

  write(events: readonly AuditEvent[]): Promise<void> {
    this.notebook.events.push(...events);
    return Promise.resolve();
  }
}

describe('in the place of ours, classes of a team', () => {
  let app: TestApp;

  const start = async (options: AppOptions) => {
    app = await startApp(options);
    return app.nest.get(Notebook, { strict: false });
  };
  afterEach(() => app.close());

  it('keep the users: they sign in with two factors, and change their passwords', async () => {
    const notebook = await start({ replacements: { users: { store: NotebookUsers, imports } } });
    const person = await registerWithEmailFactor(app);
    expect([...notebook.users.values()]).toMatchObject([{ email: person.email }]);
    const pending = await login(app, person);
    const { body: session } = await as(app, pending)
      .post(`/mfa/challenges/${pending.mfa.challenge!.id}/verify`, { code: app.lastCode(person.email) })
      .expect(200);
    const newPassword = 'copper wheels turn faster';
    await as(app, session).post('/auth/password/change', { currentPassword: person.password, newPassword }).expect(204);
    await login(app, { ...person, password: newPassword });
    // Our own table is not there for them, and its entity neither.
    expect(app.nest.get(DataSource).hasMetadata(UserRow)).toBe(false);
  });

  it('carry text messages', async () => {
    const mail = await startMailServer();
    const env = { DELIVERY: 'live', SMTP_URL: mail.url };
    const notebook = await start({ env, replacements: { delivery: { smsCarrier: NotebookSms, imports } } });
    const codeMailedTo =
      ({ email }: { email: string }) =>
      () => {
        const { text } = mail.mails.find(({ recipients }) => recipients.includes(email))!;
        return /\b\d{6}\b/.exec(text)![0];
      };
    const person = newPerson();
    await register({ http: app.http, lastCode: () => codeMailedTo(person)() }, person);
    const session = await login(app, person);
    const phoneNumber = '+4915112345678';
    const { body } = await as(app, session).post('/mfa/factors', { type: 'sms', phoneNumber }).expect(201);
    expect(notebook.texts).toMatchObject([{ to: phoneNumber }]);
    const [{ code }] = notebook.texts;
    await as(app, session).post(`/mfa/factors/${body.factor.id}/activate`, { code }).expect(200);
    await mail.close();
  });

  it('take the security events', async () => {
    const notebook = await start({ replacements: { audit: { sink: NotebookSink, imports } } });
    await login(app, await register(app));
    await eventually(() => expect(notebook.events.map(({ type }) => type)).toContain('login.succeeded'));
  });
});

it('PRODUCT_NAME is what messages and authenticator apps call the product', async () => {
  const app = await startApp({ env: { PRODUCT_NAME: 'Acme Vault' } });
  try {
    const person = await register(app);
    expect(app.outbox.messages(person.email)[0].subject).toMatch(/^Acme Vault: /);
    const session = await login(app, person);
    const { body } = await as(app, session).post('/mfa/factors', { type: 'totp' }).expect(201);
    expect(new URL(body.enrollment.uri).searchParams.get('issuer')).toBe('Acme Vault');
  } finally {
    await app.close();
  }
});
