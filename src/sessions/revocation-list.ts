interface Entry {
  /** Tokens of an earlier epoch are dead; `Infinity` when the session has ended. */
  readonly firstAlive: number;
  /** When the last such token has expired by itself; milliseconds since 1970. */
  readonly forgetAt: number;
}

/** The revocations that still matter, by session. Never by a token's text: one token can be spelled in several ways. */
export class RevocationList {
  private readonly entries = new Map<string, Entry>();

  get size(): number {
    return this.entries.size;
  }

  isDead(sessionId: string, epoch: number): boolean {
    const entry = this.entries.get(sessionId);
    return entry !== undefined && epoch < entry.firstAlive;
  }

  /** Never takes back what is known: the later of two revocations of a session stands, in whatever order they come. */
  add(sessionId: string, firstAlive: number, forgetAt: number): void {
    const known = this.entries.get(sessionId);
    if (known && !(firstAlive > known.firstAlive)) return;
    // Set anew, so that the map stays in the order in which entries can be forgotten.
    this.entries.delete(sessionId);
    this.entries.set(sessionId, { firstAlive, forgetAt });
  }

  forgetExpired(now: number): void {
    for (const [sessionId, { forgetAt }] of this.entries) {
      if (forgetAt > now) return;
      this.entries.delete(sessionId);
    }
  }
}
