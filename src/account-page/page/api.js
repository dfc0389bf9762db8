/**
 * The public API, and the tokens. They live in memory. The refresh token passes a reload through sessionStorage: it is put
 * there when the page goes and taken out when it comes, so a script or a duplicated tab finds nothing in it.
 */
const BASE = new URL('../v1', import.meta.url).href;
const KEPT = 'stepgate.refresh-token';
const DEVICE = 'stepgate.device-token';
/** So early a token is exchanged; in milliseconds. */
const BEFORE_EXPIRY = 30_000;

/** What the server answered instead (RFC 9457), or `offline`, or `cancelled` by the person. */
export class ApiError extends Error {
  constructor(code, { errors, attemptsLeft, enrolled, acrValues, factors, status } = {}, retryAfter = null) {
    super(code);
    Object.assign(this, { code, status, attemptsLeft, enrolled, acrValues, factors });
    this.pointer = errors?.[0]?.pointer;
    this.retryAfter = Number(retryAfter);
  }
}

/** How far the server's clock is ahead, in milliseconds. */
let ahead = 0;
let session = null;
let refreshing = null;
let steppingUp = null;
let hooks = {};

/** @param given `stepUp(problem)` asks for a second factor; `signedOut()` is told that the session is over */
export function useHooks(given) {
  hooks = given;
}

export const isSignedIn = () => session !== null;
export const secondsUntil = (iso) => Math.ceil((Date.parse(iso) - Date.now() - ahead) / 1_000);

/** Takes what login, refresh or a second factor gave. */
export function adopt(granted) {
  session = { ...granted, expiresAt: performance.now() + granted.expiresIn * 1_000 };
  if (granted.deviceToken) localStorage.setItem(DEVICE, granted.deviceToken);
  return granted;
}

export function login(email, password) {
  const deviceToken = localStorage.getItem(DEVICE) ?? undefined;
  return send('POST', '/auth/login', { email, password, deviceToken }).then(adopt);
}

export async function logout() {
  const { accessToken } = session;
  session = null;
  await send('POST', '/auth/logout', undefined, accessToken).catch(() => undefined);
}

/** The session from before a reload, if there is one. */
export async function resume() {
  const refreshToken = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return refreshToken && send('POST', '/auth/refresh', { refreshToken }).then(adopt, () => null);
}

/**
 * Calls the API as whoever is signed in. Exchanges tokens that are about to expire; when the server wants a fresher or
 * stronger proof, asks for it and calls again.
 * @throws ApiError
 */
export async function call(method, path, body, { stepUp = true } = {}) {
  if (session && performance.now() > session.expiresAt - BEFORE_EXPIRY) await refresh();
  try {
    return await send(method, path, body, session?.accessToken);
  } catch (error) {
    if (error.code === 'invalid_token' && session) await refresh();
    else if (error.code === 'insufficient_user_authentication' && error.enrolled && stepUp) await proveMore(error);
    else throw error;
    return send(method, path, body, session?.accessToken);
  }
}

/** As {@link call} for `GET`; undefined where the server has no such route, or wants a factor that there is not. */
export async function read(path) {
  try {
    return await call('GET', path);
  } catch (error) {
    if (error.status === 404 || error.code === 'insufficient_user_authentication') return undefined;
    throw error;
  }
}

function proveMore(problem) {
  return (steppingUp ??= hooks.stepUp(problem).finally(() => (steppingUp = null)));
}

function refresh() {
  refreshing ??= send('POST', '/auth/refresh', { refreshToken: session.refreshToken })
    .then(adopt, (error) => {
      if (error.status === 401) {
        session = null;
        hooks.signedOut();
      }
      throw error;
    })
    .finally(() => (refreshing = null));
  return refreshing;
}

async function send(method, path, body, accessToken) {
  const headers = {
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(accessToken && { Authorization: `Bearer ${accessToken}` }),
  };
  let response;
  try {
    response = await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
  } catch {
    throw new ApiError('offline');
  }
  // Whole seconds, cut off.
  const now = Date.parse(response.headers.get('Date'));
  if (now) ahead = now + 500 - Date.now();
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  throw new ApiError(
    answer?.code ?? 'other',
    { ...answer, status: response.status },
    response.headers.get('Retry-After'),
  );
}

addEventListener('pagehide', () => session && sessionStorage.setItem(KEPT, session.refreshToken));
// Back from the browser's page cache the memory is still there.
addEventListener('pageshow', ({ persisted }) => persisted && sessionStorage.removeItem(KEPT));
