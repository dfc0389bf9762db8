import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { TestApp } from './app.js';
import { eventually, type Person } from './people.js';

/** In milliseconds, for the page to show what it should; a busy machine takes its time. */
const PATIENCE = 30_000;

/** The page at `/account`, in the hands of one person with a browser of his own. */
export class AccountPage {
  /** What the browser complained of: errors in scripts, and whatever its security policy refused. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly app: TestApp,
  ) {}

  /** At the server's `PUBLIC_URL`, which has to be where it listens. */
  static async open(browser: Browser, app: TestApp, options: BrowserContextOptions = {}): Promise<AccountPage> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const account = new AccountPage(page, app);
    await account.listen();
    await page.goto(`${app.settings.publicUrl}/account`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return account;
  }

  /** Waits for the view of that title. */
  async title(name: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  fill(label: string, text: string): Promise<void> {
    return this.page.getByLabel(label, { exact: true }).last().fill(text);
  }

  press(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).last().click();
  }

  /** Waits until the page says so, and the screen reader with it. */
  async hears(text: string): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: text }).waitFor();
  }

  /** A part of the account, by its heading. */
  part(heading: string) {
    return this.page.locator('section', { has: this.page.getByRole('heading', { level: 2, name: heading }) });
  }

  async signIn({ email, password }: Person): Promise<void> {
    await this.fill('E-mail address', email);
    await this.fill('Password', password);
    await this.press('Sign in');
  }

  /** Types the code of the newest message. */
  async giveCode(to: string): Promise<void> {
    // Only when it is asked for is the newest message the one that brings it.
    await this.page.getByLabel('Code', { exact: true }).last().waitFor();
    await this.fill('Code', await eventually(() => this.app.lastCode(to)));
    await this.press('Confirm');
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  private async listen(): Promise<void> {
    this.page.on('pageerror', ({ message }) => this.complaints.push(message));
    this.page.on('console', (line) => {
      // The browser also notes every answer from 400 on; those are what the tests ask for.
      if (line.type() === 'error' && !line.text().startsWith('Failed to load resource'))
        this.complaints.push(line.text());
    });
    await this.page.exposeFunction('complain', (text: string) => this.complaints.push(text));
    await this.page.addInitScript(`
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
        complain(effectiveDirective + ' refused ' + blockedURI))
    `);
  }
}
