import { startApp, type TestApp } from '../support/app.js';
import { isPresent } from '../support/services.js';
import { openSwaggerUi, type SwaggerUi } from '../support/swagger-ui.js';

/** In milliseconds: the page draws each operation with all its answers, which a busy machine takes seconds for. */
const PATIENCE = 180_000;

const describeWithChromium = isPresent('Chromium') ? describe : describe.skip;

describeWithChromium('walking the five steps in Swagger UI', () => {
  let app: TestApp;
  let ui: SwaggerUi;

  beforeAll(async () => {
    app = await startApp();
    ui = await openSwaggerUi(app.url);
  }, PATIENCE);

  afterAll(async () => {
    await ui?.close();
    await app.close();
  });

  /** Takes the code from the outbox and types it in the place of the one in the example. */
  async function executeWithCode(operationId: string) {
    const { body: messages } = await ui.execute('listOutbox');
    const [{ code }] = messages as { code: string }[];
    return ui.execute(operationId, (body) => body.replace('123456', code));
  }

  it(
    'takes clicks, and the codes, and nothing else',
    async () => {
      expect(await ui.execute('exampleMfa')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });

      expect(await ui.execute('register')).toMatchObject({ status: 202 });
      expect(await executeWithCode('verifyEmail')).toEqual({ status: 204, body: null });
      expect(await ui.execute('login')).toMatchObject({ status: 200, body: { mfa: { status: 'not_enrolled' } } });
      expect(await ui.execute('exampleSignedIn')).toMatchObject({ status: 200 });
      expect(await ui.execute('enrollFactor')).toMatchObject({ status: 201, body: { factor: { type: 'email' } } });
      expect(await executeWithCode('activateFactor')).toMatchObject({ status: 200 });

      expect(await ui.execute('login')).toMatchObject({ status: 200, body: { mfa: { status: 'required' } } });
      const refused = { status: 401, body: { code: 'insufficient_user_authentication' } };
      expect(await ui.execute('exampleMfa')).toMatchObject(refused);
      expect(await executeWithCode('verifyChallenge')).toMatchObject({
        status: 200,
        body: { mfa: { status: 'satisfied' } },
      });
      expect(await ui.execute('exampleMfa')).toMatchObject({ status: 200 });

      expect(await ui.execute('refresh')).toMatchObject({ status: 200, body: { mfa: { status: 'satisfied' } } });
      await ui.page.reload();
      expect(await ui.execute('exampleMfa')).toMatchObject({ status: 200 });
      expect(await ui.execute('refresh')).toMatchObject({ status: 200 });
      expect(ui.complaints).toEqual([]);
    },
    PATIENCE,
  );
});
