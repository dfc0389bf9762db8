import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly body: any;
}

/** A request that failed for want of a part of the system: its outcome may be unknown. */
export class Interrupted extends Error {}

/** What customers were told, to be compared with what is so in the end. */
export class Ledger {
  readonly registered: { email: string; password: string; recoveryCodes: string[]; usedCode?: string }[] = [];
  readonly enrolled: string[] = [];
  readonly ended: string[] = [];
  /** Refresh tokens by session, oldest first. */
  readonly families = new Map<string, string[]>();
  /** Sessions of which their customers cannot know the newest token, or whether they live: an answer was lost, say. */
  readonly inDoubt = new Set<string>();
  /** What failed, as `503 POST /v1/auth/login`. */
  readonly failures: string[] = [];
  /** What must not have happened. */
  readonly violations: string[] = [];
  lives = 0;
  /** The longest that an answer took, in milliseconds. */
  slowest = 0;

  saw({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }): void {
    const id = sessionOf(accessToken);
    const known = this.families.get(id) ?? [];
    if (!known.includes(refreshToken)) this.families.set(id, [...known, refreshToken]);
  }
}

export function sessionOf(accessToken: string): string {
  return JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString()).sid;
}

/** One address may call a route 600 times a minute, which customers on a fast machine exceed: they come from 200. */
const SOURCES = 200;

/** Sends a request. @throws Interrupted when no instance answered, or one that it cannot */
export async function call(ledger: Ledger, url: string, path: string, body?: object, token?: string): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = {
    'Content-Type': 'application/json',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const localAddress = `127.0.1.${1 + randomInt(SOURCES)}`;
  const sentAt = performance.now();
  const answer = await send(url + path, { method, headers, localAddress }, body).catch((error: Error) => ({
    status: 0,
    text: error.message,
  }));
  ledger.slowest = Math.max(ledger.slowest, performance.now() - sentAt);
  if (answer.status === 0 || answer.status >= 500) {
    ledger.failures.push(`${answer.status} ${method} ${path}`);
    if (token !== undefined) ledger.inDoubt.add(sessionOf(token));
    throw new Interrupted(answer.text);
  }
  return { status: answer.status, body: answer.text === '' ? null : JSON.parse(answer.text) };
}

/** As `fetch`, which cannot be told from which address; on a connection of its own, since it is that which has one. */
async function send(url: string, options: RequestOptions, body?: object): Promise<{ status: number; text: string }> {
  const outgoing = request(url, { ...options, agent: false }).end(body && JSON.stringify(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode!, text: await text(response) };
}
