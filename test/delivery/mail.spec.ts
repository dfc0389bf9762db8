import { SmtpCarrier } from '../../src/delivery/channels/email/smtp-carrier.js';
import { startApp, type TestApp } from '../support/app.js';
import { type MailServer, startMailServer, startSilentServer } from '../support/mail-server.js';
import { bearer, eventually, login, newPerson, type Person } from '../support/people.js';
import { newUserWithFactors, passwordToken } from '../support/second-factors.js';

const live = (smtpUrl: string) => ({
  DELIVERY: 'live',
  SMTP_URL: smtpUrl,
  MAIL_FROM: 'Stepgate <no-reply@stepgate.example>',
});

const codeIn = (text: string): string => /\b\d{6}\b/.exec(text)![0];

/** The newest mail to the person that brings a code, once it is there. */
function lastMail(server: MailServer, { email }: Person) {
  return eventually(() => {
    const mail = server.mails.find(({ recipients, text }) => recipients.includes(email) && /\b\d{6}\b/.test(text));
    if (!mail) throw new Error(`No mail has come for ${email}.`);
    return mail;
  });
}

describe('mail over SMTP', () => {
  let server: MailServer;
  let app: TestApp;

  beforeEach(async () => {
    server = await startMailServer();
    app = await startApp({ env: live(server.url) });
  });

  afterEach(async () => {
    await app.close();
    await server.close();
  });

  /** Registers and enrols, reading the codes from the mails. */
  async function personWithEmailFactor(): Promise<Person> {
    const person = newPerson();
    const { body } = await app.http.post('/v1/auth/register').send(person).expect(202);
    const code = codeIn((await lastMail(server, person)).text);
    await app.http.post('/v1/auth/email/verify').send({ challengeId: body.verification.id, code }).expect(204);
    const { accessToken } = await login(app, person);
    const enrolled = await app.http
      .post('/v1/mfa/factors')
      .auth(accessToken, bearer)
      .send({ type: 'email' })
      .expect(201);
    expect(enrolled.body.enrollment.delivery).toBe('sent');
    await app.http
      .post(`/v1/mfa/factors/${enrolled.body.factor.id}/activate`)
      .auth(accessToken, bearer)
      .send({ code: codeIn((await lastMail(server, person)).text) })
      .expect(200);
    return person;
  }

  it('brings the code that signs in, first in the text and in the HTML', async () => {
    const ada = await personWithEmailFactor();
    const session = await login(app, ada);
    expect(session.mfa.challenge).toMatchObject({ delivery: 'sent' });

    const { recipients, headers, text, html } = await eventually(() => {
      const mail = server.mails.find((one) => one.headers.subject === 'Stepgate: Your sign-in code');
      if (!mail) throw new Error('not yet');
      return mail;
    });
    expect(recipients).toEqual([ada.email]);
    expect(headers).toMatchObject({ to: ada.email, from: 'Stepgate <no-reply@stepgate.example>' });
    expect(text).toMatch(/^\d{6} is your code to sign in\./);
    const code = codeIn(text);
    expect(/<strong>(\d{6})<\/strong>/.exec(html)![1]).toBe(code);
    expect(Object.values(headers).join('\n')).not.toContain(code);

    await app.http
      .post(`/v1/mfa/challenges/${session.mfa.challenge!.id}/verify`)
      .auth(session.accessToken, bearer)
      .send({ code })
      .expect(200);
  });

  it('that does not go out fails the message and not the login; sending works once the server is back', async () => {
    const ada = await personWithEmailFactor();
    await server.close();

    const started = performance.now();
    const session = await login(app, ada);
    expect(performance.now() - started).toBeLessThan(5_000);
    const { id, resendAt, delivery, attemptsLeft } = session.mfa.challenge!;
    expect({ resendAt, delivery, attemptsLeft }).toEqual({ resendAt: undefined, delivery: 'failed', attemptsLeft: 5 });

    server = await startMailServer({ port: server.port });
    const sent = await app.http.post(`/v1/mfa/challenges/${id}/send`).auth(session.accessToken, bearer).expect(202);
    expect(sent.body).toMatchObject({ delivery: 'sent', status: 'pending', resendAt: expect.any(String) as string });
    await app.http
      .post(`/v1/mfa/challenges/${id}/verify`)
      .auth(session.accessToken, bearer)
      .send({ code: codeIn((await lastMail(server, ada)).text) })
      .expect(200);
  });

  it.each([
    ['refuses the recipient', { refuses: true }],
    ['takes the mail and never answers', { hangs: true }],
  ])('fails within 5 seconds when the server %s', async (_, manners) => {
    const ada = await personWithEmailFactor();
    await server.close();
    server = await startMailServer({ port: server.port, ...manners });

    const started = performance.now();
    const session = await login(app, ada);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(session.mfa.challenge).toMatchObject({ delivery: 'failed', status: 'pending' });
    const shown = await app.http
      .get(`/v1/mfa/challenges/${session.mfa.challenge!.id}`)
      .auth(session.accessToken, bearer)
      .expect(200);
    expect(shown.body).toEqual(session.mfa.challenge);
  });

  it.each([
    ['email', { email: '"a\r\nBcc: eve@evil.example\r\n"@example.com' }],
    ['email', { email: 'a\r\nBcc: eve@evil.example@example.com' }],
    ['email', { email: 'a@example.com\r\nBcc: eve@evil.example' }],
    ['email', { email: 'a@example.com, eve@evil.example' }],
    ['email', { email: 'ada＠example.com@evil.example' }],
    ['email', { email: 'ada，eve@evil.example' }],
    ['email', { email: '＜ada@evil.example' }],
    ['email', { email: 'a　b@evil.example' }],
    ['email', { email: '"a b"@evil.example' }],
    ['email', { email: `${'ﷺ'.repeat(20)}@example.com` }],
    ['displayName', { displayName: 'Ada\r\nBcc: eve@evil.example' }],
    ['displayName', { displayName: 'Ada\u0000' }],
    ['displayName', { displayName: 'Ada\u0085' }],
  ])('never has what a %s brings in its headers: %j', async (property, input) => {
    const { body } = await app.http
      .post('/v1/auth/register')
      .send({ ...newPerson(), ...input })
      .expect(400);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ pointer: `/${property}` }] });
    expect(server.mails).toEqual([]);
  });

  it('never has a header more for a name that could be one', async () => {
    const person = newPerson();
    const displayName = 'Bcc: eve@evil.example, <b>{{code}}</b> \u2028 X-Header: 1';
    await app.http
      .post('/v1/auth/register')
      .send({ ...person, displayName })
      .expect(202);
    const { recipients, headers, text, html } = await lastMail(server, person);
    expect(recipients).toEqual([person.email]);
    expect(Object.keys(headers).sort()).toEqual([
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
    expect(text + html).not.toContain('eve@');
  });

  it('is handed over to one recipient or not at all, whatever the address', async () => {
    const carrier = new SmtpCarrier(server.url, 'Stepgate <no-reply@stepgate.example>');
    for (const to of [
      'a@example.com\r\nBcc: eve@evil.example',
      'a@example.com, eve@evil.example',
      'Ada <eve@evil.example>',
    ]) {
      await carrier.carryMail({ to, subject: 'A', text: 'a', html: 'a' }).catch(() => undefined);
    }
    for (const { recipients, headers } of server.mails) {
      expect(recipients.length).toBe(1);
      expect(headers).not.toHaveProperty('bcc');
      expect(recipients).not.toContain('eve@evil.example');
    }
  });
});

describe('a mail server that never says a word', () => {
  it('keeps nobody waiting: registering answers at once, enrolling within 5 seconds', async () => {
    const silent = await startSilentServer();
    const app = await startApp({ env: live(silent.url) });
    try {
      const started = performance.now();
      await app.http.post('/v1/auth/register').send(newPerson()).expect(202);
      expect(performance.now() - started).toBeLessThan(3_000);

      const token = await passwordToken(app, await newUserWithFactors(app, []));
      const asked = performance.now();
      const { body } = await app.http.post('/v1/mfa/factors').auth(token, bearer).send({ type: 'email' }).expect(201);
      expect(performance.now() - asked).toBeLessThan(5_000);
      expect(body).toMatchObject({ factor: { status: 'pending' }, enrollment: { delivery: 'failed' } });
    } finally {
      await app.close();
      await silent.close();
    }
  });
});
