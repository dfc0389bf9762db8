import { startApp, type TestApp } from '../support/app.js';
import { as, login, register } from '../support/people.js';
import { type Server, START_TIMEOUT, startServer } from '../support/server.js';

/** What bundling could lose: files beside a module, what is imported late, and metadata of classes. */
describe('the server as it is built, beside the one that the other suites test', () => {
  let built: Server;
  let source: TestApp;

  beforeAll(async () => {
    const env = { PUBLIC_URL: 'https://auth.example.com', METRICS_ENABLED: 'true' };
    [built, source] = await Promise.all([startServer(env), startApp({ env })]);
  }, START_TIMEOUT);

  afterAll(() => Promise.all([built.remove(), source.close()]));

  it('describes the same API', async () => {
    const [mine, theirs] = await Promise.all([built, source].map(({ http }) => http.get('/openapi.json').expect(200)));
    expect(Object.keys(mine.body.paths).length).toBeGreaterThan(20);
    expect(mine.body).toEqual(theirs.body);
  });

  it.each(['/account/', '/account/main.js', '/docs'])('answers GET %s alike', async (path) => {
    const [mine, theirs] = await Promise.all([built, source].map(({ http }) => http.get(path).expect(200)));
    expect(mine.text).toBe(theirs.text);
  });

  it('names its parts in the log as they are called', () => {
    expect(built.output()).toContain('"context":"SigningKeys"');
  });

  it('measures itself', async () => {
    const { text } = await built.http.get('/metrics').expect(200);
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('enrols factors whose libraries are loaded late', async () => {
    const session = await login(built, await register(built));
    const enroll = async (input: object) => (await as(built, session).post('/mfa/factors', input).expect(201)).body;

    expect(await enroll({ type: 'totp' })).toMatchObject({
      enrollment: { qrCodePng: expect.stringMatching(/^data:image\/png;base64,/) },
    });
    expect(await enroll({ type: 'webauthn' })).toMatchObject({
      enrollment: { publicKey: { rp: { id: 'auth.example.com' }, challenge: expect.any(String) } },
    });
    expect(await enroll({ type: 'sms', phoneNumber: '+4915112345678' })).toMatchObject({
      factor: { destination: '•••• ••78' },
    });
  });
});
