import { readFileSync } from 'node:fs';
import { generateSync } from 'otplib';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { AccountPage } from '../support/account-page.js';
import { startApp, type TestApp } from '../support/app.js';
import { freePort, launchBrowser, VirtualAuthenticator } from '../support/browser.js';
import { eventually, newPerson, register, registerWithEmailFactor } from '../support/people.js';
import { isPresent } from '../support/services.js';

/** In milliseconds: a browser on a busy machine. */
const PATIENCE = 120_000;

const describeWithChromium = isPresent('Chromium') ? describe : describe.skip;

describeWithChromium('the page for people', () => {
  let app: TestApp;
  let browser: Browser;
  let opened: AccountPage[] = [];

  beforeAll(async () => {
    // A security key answers to the origin that the server expects.
    const port = await freePort();
    app = await startApp({ port, env: { PUBLIC_URL: `http://localhost:${port}`, TRUSTED_DEVICE_TTL: '30d' } });
    browser = await launchBrowser();
  }, PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await app.close();
  });

  afterEach(async () => {
    const complaints = opened.flatMap((account) => account.complaints);
    await Promise.all(opened.map((account) => account.close()));
    opened = [];
    expect(complaints).toEqual([]);
  });

  async function open(options?: BrowserContextOptions): Promise<AccountPage> {
    const account = await AccountPage.open(browser, app, options);
    opened.push(account);
    return account;
  }

  /** What an authenticator app shows now. */
  const codeOf = (secret: string) => generateSync({ secret, epoch: Math.floor(app.clock.now().getTime() / 1_000) });

  const test = (name: string, run: () => Promise<void>) => it(name, run, PATIENCE);

  test('leads from registration to a second factor, and through the next sign-in with it', async () => {
    const ada = newPerson();
    const account = await open();
    await account.page.getByRole('link', { name: 'Create an account' }).click();
    await account.title('Create an account');
    await account.fill('E-mail address', ada.email);
    await account.fill('New password', ada.password);
    await account.press('Create an account');
    await account.title('Confirm your address');
    await account.giveCode(ada.email);
    await account.hears('Your address is confirmed. Sign in now.');

    await account.signIn(ada);
    await account.title('Your account');
    await account.press('E-mail');
    await account.press('Next');
    await account.giveCode(ada.email);
    await account.hears('The factor is active.');
    await account.press('I have kept them');
    await account.part('Second factors').getByText('asked for first').waitFor();

    await account.press('Sign out');
    await account.hears('You are signed out.');
    await account.signIn(ada);
    await account.title('Confirm it is you');
    await account.page.getByText('We sent a code to a•••@example.com.').waitFor();
    await account.giveCode(ada.email);
    await account.title('Your account');
  });

  test('says how many tries are left, and keeps the cursor at the code', async () => {
    const ada = await registerWithEmailFactor(app);
    const account = await open();
    await account.signIn(ada);
    await account.title('Confirm it is you');
    await account.fill('Code', app.lastCode(ada.email) === '000000' ? '000001' : '000000');
    await account.press('Confirm');
    const code = account.page.getByRole('textbox', { name: 'Code' });
    await account.page.getByText('This code is not right. 4 tries are left.').waitFor();
    expect(await code.getAttribute('aria-invalid')).toBe('true');
    expect(await code.evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true);
    expect(await code.getAttribute('inputmode')).toBe('numeric');
    expect(await code.getAttribute('autocomplete')).toBe('one-time-code');
  });

  test('adds an authenticator app by its picture, and gives recovery codes once', async () => {
    const ada = await register(app);
    const account = await open();
    const { page } = account;
    await account.signIn(ada);
    await account.title('Your account');
    await account.press('Authenticator app');
    await account.press('Next');
    const picture = page.getByRole('img', { name: 'QR code for your authenticator app' });
    const width = await picture.evaluate((image) => image.decode().then(() => image.naturalWidth));
    expect(width).toBeGreaterThan(0);
    const secret = (await page.locator('dialog code').innerText()).replaceAll(' ', '');
    await account.fill('Code', codeOf(secret));
    await account.press('Confirm');

    await page.getByRole('dialog', { name: 'Recovery codes' }).waitFor();
    const codes = await page.locator('.codes code').allInnerTexts();
    expect(codes).toHaveLength(10);
    const [download] = await Promise.all([page.waitForEvent('download'), account.press('Download')]);
    expect(readFileSync(await download.path(), 'utf8')).toContain(codes.join('\n'));
    await account.press('I have kept them');

    await account.press('Sign out');
    await account.signIn(ada);
    await account.page.getByText('Type the code that your authenticator app shows.').waitFor();
    await account.press('Recovery code');
    await account.page.getByText('Type one of your recovery codes.').waitFor();
    await account.fill('Code', codes[0].toLowerCase());
    await account.press('Confirm');
    await account.part('Recovery codes').getByText('You have 9 recovery codes left.').waitFor();
  });

  test('adds a passkey, and signs in with it alone', async () => {
    const ada = await register(app);
    const account = await open();
    await VirtualAuthenticator.plugInto(account.page);
    await account.signIn(ada);
    await account.title('Your account');
    await account.press('Security key or passkey');
    await account.fill('Name for it (optional)', 'Blue key');
    await account.press('Next');
    await account.press('I have kept them');
    await account.part('Second factors').getByText('Blue key').waitFor();

    await account.press('Sign out');
    await account.press('Sign in with a passkey');
    await account.title('Your account');

    await account.press('Sign out');
    await account.signIn(ada);
    await account.press('Use security key or passkey');
    await account.title('Your account');
  });

  test('asks no second factor on a device that it was told to remember, until it is told to forget', async () => {
    const ada = await registerWithEmailFactor(app);
    const account = await open();
    await account.signIn(ada);
    await account.page.getByLabel('Do not ask for a code on this device again').check();
    await account.giveCode(ada.email);
    await account.hears('You are signed in. This device is trusted from now on.');

    await account.press('Sign out');
    await account.signIn(ada);
    await account.title('Your account');
    await account.press('Forget');
    await account.hears('Removed.');

    await account.press('Sign out');
    await account.signIn(ada);
    await account.title('Confirm it is you');
  });

  test('shows where the account is signed in, and ends all the others', async () => {
    const ada = await register(app);
    const [here, there] = [await open(), await open()];
    for (const account of [here, there]) {
      await account.signIn(ada);
      await account.title('Your account');
    }
    await here.page.reload();
    const rows = here.part('Sessions').getByRole('listitem');
    await rows.filter({ hasText: 'this one' }).waitFor();
    expect(await rows.count()).toBe(2);
    await here.press('End all other sessions');
    await here.hears('Ended.');
    expect(await rows.count()).toBe(1);
    await there.press('E-mail');
    await there.press('Next');
    await there.hears('Your session has ended. Sign in again.');
  });

  test('takes the link from the mail to a new password, and its token out of the address', async () => {
    const ada = await register(app);
    const account = await open();
    await account.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await account.title('Forgot your password?');
    app.clock.advance('2m');
    await account.fill('E-mail address', ada.email);
    await account.press('Send the link');
    await account.page.getByText('the link is on its way').waitFor();
    const link = await eventually(() => /\S+#token=\S+/.exec(app.outbox.messages(ada.email)[0].text)![0]);
    expect(link).toMatch(`${app.settings.publicUrl}/account#`);
    await account.page.goto(link);
    await account.title('Choose a new password');
    expect(account.page.url()).toBe(`${app.settings.publicUrl}/account/`);
    await account.fill('New password', 'copper wheels turn faster');
    await account.press('Save password');
    await account.hears('Your new password is set. Sign in with it.');
    await account.signIn({ ...ada, password: 'copper wheels turn faster' });
    await account.title('Your account');
  });

  test('asks for the factor again where the server wants a fresh one, and then does what was asked', async () => {
    const ada = await registerWithEmailFactor(app);
    const account = await open();
    await account.signIn(ada);
    await account.giveCode(ada.email);
    await account.title('Your account');
    app.clock.advance('6m');

    await account.part('Second factors').getByRole('button', { name: 'Rename' }).click();
    await account.fill('New name', 'Letter box');
    await account.press('Save');
    await account.page.getByRole('dialog', { name: 'Confirm it is you' }).waitFor();
    await account.giveCode(ada.email);
    await account.hears('Saved.');
    await account.part('Second factors').getByText('Letter box').waitFor();
  });

  test('is used with the keyboard alone', async () => {
    const ada = await registerWithEmailFactor(app);
    const { page } = await open();
    const focused = () => page.evaluate<string>('document.activeElement.textContent || document.activeElement.name');
    expect(await focused()).toBe('Sign in');
    await page.keyboard.press('Tab');
    await page.keyboard.type(ada.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(ada.password);
    await page.keyboard.press('Enter');
    await page.getByText('We sent a code').waitFor();
    expect(await focused()).toBe('code');
    await page.keyboard.type(app.lastCode(ada.email));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
    expect(await focused()).toBe('Your account');

    await page.getByRole('button', { name: 'Rename' }).waitFor();
    await page.getByRole('button', { name: 'Rename' }).focus();
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('label');
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('Rename');
  });

  test('speaks German to who reads German, and changes the language when told to', async () => {
    const account = await open({ locale: 'de-DE' });
    await account.title('Anmelden');
    expect(await account.page.locator('html').getAttribute('lang')).toBe('de');
    await account.press('Anmelden');
    await account.page.getByText('Füllen Sie das aus.').waitFor();
    await account.press('English');
    await account.title('Sign in');
    await account.page.reload();
    await account.title('Sign in');
  });

  test('is signed in after a reload, and leaves no token where a script could read it meanwhile', async () => {
    const ada = await register(app);
    const account = await open();
    const { page } = account;
    await account.signIn(ada);
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    expect(await page.evaluate('({ ...sessionStorage })')).toEqual({});
    expect(await page.evaluate('({ ...localStorage })')).toEqual({});
  });

  test('fits a phone', async () => {
    const ada = await registerWithEmailFactor(app);
    const account = await open({ viewport: { width: 360, height: 640 } });
    await account.signIn(ada);
    await account.giveCode(ada.email);
    await account.part('Second factors').getByText('asked for first').waitFor();
    expect(await account.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });
});

describe('the files of the page for people', () => {
  it('are kept by browsers, and asked about each time', async () => {
    const app = await startApp();
    await app.http.get('/account').expect(301).expect('location', 'account/');
    const { headers } = await app.http
      .get('/account/')
      .expect(200)
      .expect('content-type', /^text\/html/);
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    await app.http.get('/account/').set('If-None-Match', headers.etag).expect(304);
    await app.http.get('/account/nothing.js').expect(404);
    await app.http.get('/account/../account-page.module.ts').expect(404);
    await app.close();
  });

  it.each([
    ['production', 404],
    ['test', 301],
  ])('are served in %s with %d unless the environment says otherwise', async (NODE_ENV, status) => {
    const smtp = { DELIVERY: 'live', SMTP_URL: 'smtp://127.0.0.1:1' };
    const app = await startApp({ env: { NODE_ENV, ...smtp } });
    await app.http.get('/account').expect(status);
    await app.close();
  });
});
