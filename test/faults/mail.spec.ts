import { type MailServer, startMailServer } from '../support/mail-server.js';
import { bearer, eventually, newPerson, type Person } from '../support/people.js';
import { type Server, startServer } from '../support/server.js';

/** In milliseconds. */
const AT_MOST = 5_000;

/** Nothing but the server can be asked: messages are really sent. */
describe('a server whose mail server', () => {
  let mail: MailServer;
  let server: Server;

  beforeAll(async () => {
    mail = await startMailServer();
    server = await startServer({ DELIVERY: 'live', SMTP_URL: mail.url });
  });
  afterAll(async () => {
    await server?.remove();
    await mail?.close();
  });

  const replaceMail = async (manners: { refuses?: boolean; hangs?: boolean }) => {
    await mail.close();
    mail = await startMailServer({ port: mail.port, ...manners });
  };
  const newestCode = (to: string) =>
    eventually(() => /\b(\d{6})\b/.exec(mail.mails.find(({ recipients }) => recipients.includes(to))!.text)![1]);
  const login = ({ email, password }: Person) => server.http.post('/v1/auth/login').send({ email, password });

  async function withEmailFactor(): Promise<Person> {
    const person = newPerson();
    const { body } = await server.http.post('/v1/auth/register').send(person).expect(202);
    const verification = { challengeId: body.verification.id, code: await newestCode(person.email) };
    await server.http.post('/v1/auth/email/verify').send(verification).expect(204);
    const { accessToken } = (await login(person).expect(200)).body;
    const enrolled = await server.http.post('/v1/mfa/factors').auth(accessToken, bearer).send({ type: 'email' });
    const code = await newestCode(person.email);
    const activation = `/v1/mfa/factors/${enrolled.body.factor.id}/activate`;
    await server.http.post(activation).auth(accessToken, bearer).send({ code }).expect(200);
    return person;
  }

  it.each([
    { what: 'is down', begin: () => mail.close() },
    { what: 'never says whether it took the mail', begin: () => replaceMail({ hangs: true }) },
    { what: 'refuses', begin: () => replaceMail({ refuses: true }) },
  ])('$what says so within 5 seconds, and sends again when it is asked to', async ({ begin }) => {
    const person = await withEmailFactor();
    await begin();
    const startedAt = performance.now();
    const { body } = await login(person).expect(200);
    expect(performance.now() - startedAt).toBeLessThan(AT_MOST);
    const { challenge } = body.mfa;
    expect(challenge).toMatchObject({ status: 'pending', delivery: 'failed' });
    // At once: the minute between two messages does not hold for one that never came.
    expect(challenge).not.toHaveProperty('resendAt');

    const registeredAt = performance.now();
    await server.http.post('/v1/auth/register').send(newPerson()).expect(202);
    expect(performance.now() - registeredAt).toBeLessThan(AT_MOST);

    await mail.close();
    mail = await startMailServer({ port: mail.port });
    const path = `/v1/mfa/challenges/${challenge.id}`;
    const again = await server.http.post(`${path}/send`).auth(body.accessToken, bearer).send({}).expect(202);
    expect(again.body).toMatchObject({ delivery: 'sent', attemptsLeft: 5 });
    const code = await newestCode(person.email);
    await server.http.post(`${path}/verify`).auth(body.accessToken, bearer).send({ code }).expect(200);
  });
});
