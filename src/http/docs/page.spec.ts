import { CHALLENGE_ID_EXAMPLE, FACTOR_ID_EXAMPLE, LIVE_EXAMPLES, REFRESH_TOKEN_EXAMPLE } from './live-examples.js';
import { fillIn, learn } from './page.js';

type InPage = <T>(value: T) => T;

/** As the page has them: as text, with nothing around but the browser. */
function openPage() {
  const kept = new Map<string, string>();
  const authorized: unknown[] = [];
  const window = {
    sessionStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    },
    ui: {
      getConfigs: () => ({ liveExamples: LIVE_EXAMPLES }),
      authActions: { authorizeWithPersistOption: (authorization: unknown) => void authorized.push(authorization) },
    },
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const inPage = (own: unknown) => new Function('window', `return ${String(own)}`)(window) as InPage;
  return { learn: inPage(learn), fillIn: inPage(fillIn), authorized };
}

describe('what Swagger UI does by itself', () => {
  it('sends the examples as they are before it knows better', () => {
    const page = openPage();
    const request = { url: `/v1/mfa/challenges/${CHALLENGE_ID_EXAMPLE}/verify`, body: '{"code":"123456"}' };
    expect(page.fillIn({ ...request })).toEqual(request);
  });

  it('puts the last challenge, factor and refresh token in the place of their examples', () => {
    const page = openPage();
    page.learn({ ok: true, body: { verification: { id: 'a', attemptsLeft: 5, factor: { id: 'a', type: 'email' } } } });
    page.learn({ ok: true, body: { factor: { id: 'f', preferred: false }, enrollment: { attemptsLeft: 5 } } });
    page.learn({
      ok: true,
      body: { accessToken: 't', refreshToken: 'r', mfa: { challenge: { id: 'b', attemptsLeft: 5 } } },
    });

    const body = JSON.stringify({ factorId: FACTOR_ID_EXAMPLE, refreshToken: REFRESH_TOKEN_EXAMPLE, code: '123456' });
    expect(page.fillIn({ url: `/${CHALLENGE_ID_EXAMPLE}/${FACTOR_ID_EXAMPLE}`, body })).toEqual({
      url: '/b/f',
      body: '{"factorId":"f","refreshToken":"r","code":"123456"}',
    });
  });

  it('authorizes the next requests with the access token of an answer', () => {
    const page = openPage();
    page.learn({ ok: true, body: { accessToken: 'token' } });
    expect(page.authorized).toEqual([{ bearer: expect.objectContaining({ name: 'bearer', value: 'token' }) }]);
  });

  it('learns nothing from a problem, or from an answer without a body', () => {
    const page = openPage();
    page.learn({ ok: false, body: { id: 'x', attemptsLeft: 4, accessToken: 'x' } });
    page.learn({ ok: true });
    expect(page.fillIn({ url: `/${CHALLENGE_ID_EXAMPLE}` })).toEqual({ url: `/${CHALLENGE_ID_EXAMPLE}` });
    expect(page.authorized).toEqual([]);
  });
});
