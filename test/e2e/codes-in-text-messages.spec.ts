import { startApp } from '../support/app.js';
import { bearer, login, register } from '../support/people.js';

it('ends a text message with the line by which a phone fills in its code, and no mail', async () => {
  const app = await startApp({ env: { PUBLIC_URL: 'https://id.example.com:8443' } });
  const ada = await register(app);
  const { accessToken } = await login(app, ada);
  const phoneNumber = '+4915112345678';
  await app.http.post('/v1/mfa/factors').auth(accessToken, bearer).send({ type: 'sms', phoneNumber }).expect(201);

  const [{ text, code }] = app.outbox.messages(phoneNumber);
  expect(text.split('\n').at(-1)).toBe(`@id.example.com #${code}`);
  expect(app.outbox.messages(ada.email)[0].text).not.toContain('@id.example.com');
  await app.close();
});
