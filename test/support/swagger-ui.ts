import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { SERVICES } from './services.js';

const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** In milliseconds, for the page to show what it should; a busy machine takes its time. */
const PATIENCE = 30_000;

/** What the page shows of an answer. */
export interface ShownAnswer {
  readonly status: number;
  /** As JSON; null when the answer had no body. */
  readonly body: unknown;
}

/** Swagger UI as somebody with a mouse sees it. */
export interface SwaggerUi {
  readonly page: Page;
  /** What the browser complained of: errors in scripts, and whatever its security policy refused. */
  readonly complaints: string[];
  /** Opens the operation, presses Execute, reads the answer and closes the operation. @param edit changes the body first */
  execute(operationId: string, edit?: (body: string) => string): Promise<ShownAnswer>;
  close(): Promise<void>;
}

export async function openSwaggerUi(url: string): Promise<SwaggerUi> {
  const browser = await chromium.launch({ executablePath: SERVICES.Chromium, args: FLAGS.split(' ') });
  try {
    return await browse(browser, url);
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function browse(browser: Browser, url: string): Promise<SwaggerUi> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (line) => {
    // The browser also notes every answer from 400 on; those are what the tests ask for.
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) complaints.push(line.text());
  });
  await page.goto(`${url}/docs`);
  return {
    page,
    complaints,
    execute: async (operationId, edit) => {
      const operation = page.locator(`.opblock[id$="-${operationId}"]`);
      await operation.locator('.opblock-summary-control').click();
      await operation.locator('button.execute').waitFor();
      const clear = operation.locator('button.btn-clear');
      if (await clear.isVisible()) await clear.click();
      if (edit) {
        const body = operation.locator('textarea.body-param__text');
        await body.fill(edit(await body.inputValue()));
      }
      await operation.locator('button.execute').click();
      const answer = await readAnswer(operation);
      // Swagger UI draws every open operation anew at each answer.
      await operation.locator('.opblock-summary-control').click();
      return answer;
    },
    close: () => browser.close(),
  };
}

async function readAnswer(operation: Locator): Promise<ShownAnswer> {
  const answer = operation.locator('.live-responses-table tbody tr').first();
  const status = await answer.locator('.response-col_status').innerText();
  const body = answer.locator('.highlight-code code').first();
  return {
    status: Number.parseInt(status, 10),
    body: (await body.isVisible()) ? JSON.parse(await body.innerText()) : null,
  };
}
