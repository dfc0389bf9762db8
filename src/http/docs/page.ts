import type { LiveExample } from './live-examples.js';

/** What the functions of the page use of the browser and of Swagger UI. */
interface Page {
  readonly sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  readonly ui: {
    getConfigs(): { liveExamples: readonly LiveExample[] };
    readonly authActions: { authorizeWithPersistOption(authorizations: object): void };
  };
}

declare const window: Page;

/** Of what Swagger UI sends. */
export interface PageRequest {
  url: string;
  /** JSON, as text. */
  body?: unknown;
}

/** Of what Swagger UI receives. */
export interface PageAnswer {
  readonly ok: boolean;
  /** Of JSON, what it says. */
  readonly body?: unknown;
}

/*
 * Both functions are sent to the browser as text: each must stand on its own and use nothing of this file but types.
 * What they share is in the session storage, by example, so that it outlives a reload as the authorization does.
 */

/** Runs in the browser on every answer: puts its access token into Authorize, and keeps its ids and its refresh token. */
export function learn(answer: PageAnswer): PageAnswer {
  const { sessionStorage, ui } = window;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    Object.values(value).forEach(visit);
    const object = value as Record<string, unknown>;
    for (const { example, member, beside } of ui.getConfigs().liveExamples) {
      if (beside in object && typeof object[member] === 'string') sessionStorage.setItem(example, object[member]);
    }
    if (typeof object.accessToken === 'string') {
      const schema = { type: 'http', scheme: 'bearer' };
      ui.authActions.authorizeWithPersistOption({ bearer: { name: 'bearer', schema, value: object.accessToken } });
    }
  };
  if (answer.ok) visit(answer.body);
  return answer;
}

/** Runs in the browser on every request: puts the last real values in the place of the examples. */
export function fillIn(request: PageRequest): PageRequest {
  const { sessionStorage, ui } = window;
  for (const { example } of ui.getConfigs().liveExamples) {
    const value = sessionStorage.getItem(example);
    if (value === null) continue;
    request.url = request.url.replaceAll(example, value);
    if (typeof request.body === 'string') request.body = request.body.replaceAll(example, value);
  }
  return request;
}
