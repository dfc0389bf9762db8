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
  /** What failed, as `503 POST /v1/auth/login`. */
  readonly failures: string[] = [];
  /** What must not have happened. */
  readonly violations: string[] = [];
  lives = 0;
  /** The longest that an answer took, in milliseconds. */
  slowest = 0;

  saw({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }): void {
    const id = sessionOf(accessToken);
    this.families.set(id, [...(this.families.get(id) ?? []), refreshToken]);
  }
}

export function sessionOf(accessToken: string): string {
  return JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString()).sid;
}

/** Sends a request. @throws Interrupted when no instance answered, or one that it cannot */
export async function call(ledger: Ledger, url: string, path: string, body?: object, token?: string): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = {
    'Content-Type': 'application/json',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const sent = { method, headers, body: body && JSON.stringify(body) };
  const sentAt = performance.now();
  const answer = await fetch(url + path, sent).then(
    async (response) => ({ status: response.status, text: await response.text() }),
    (error: Error) => ({ status: 0, text: error.message }),
  );
  ledger.slowest = Math.max(ledger.slowest, performance.now() - sentAt);
  if (answer.status === 0 || answer.status >= 500) {
    ledger.failures.push(`${answer.status} ${method} ${path}`);
    throw new Interrupted(answer.text);
  }
  return { status: answer.status, body: answer.text === '' ? null : JSON.parse(answer.text) };
}
