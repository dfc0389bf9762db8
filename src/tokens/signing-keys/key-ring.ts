import type { SigningKey } from './key-material.js';

/** What the ring has to know of a key, opened or not. */
export type RingEntry = Pick<SigningKey, 'id' | 'generation' | 'activeFrom'>;

/**
 * Which key does what, and when. A key signs from its `activeFrom` until that of any newer one, and is accepted until
 * the last token that it can have signed has expired.
 */
export class KeyRing<Key extends RingEntry> {
  private readonly stops = new Map<string, number>();
  private readonly byId: ReadonlyMap<string, Key>;

  /** @param keys newest first */
  constructor(private readonly keys: readonly Key[]) {
    this.byId = new Map(keys.map((key) => [key.id, key]));
    let stop = Infinity;
    for (const { id, activeFrom } of keys) {
      this.stops.set(id, stop);
      // The least of all newer ones: a key may have been added to sign at once while another was still waiting.
      stop = Math.min(stop, activeFrom.getTime());
    }
  }

  get newest(): Key | undefined {
    return this.keys[0];
  }

  ofGeneration(generation: number): Key | undefined {
    return this.keys.find((key) => key.generation === generation);
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** The key that signs at `now`; on a clock that is behind all of them, the oldest. */
  current(now: Date): Key {
    return this.keys.find(({ activeFrom }) => activeFrom <= now) ?? this.keys.at(-1)!;
  }

  /** The key of that id, if a token of it may still be alive at `now`, or if it waits to sign. @param lifetime in milliseconds */
  find(id: string, now: Date, lifetime: number): Key | undefined {
    const key = this.byId.get(id);
    return key && now.getTime() < this.stops.get(id)! + lifetime ? key : undefined;
  }

  /** All keys that {@link find} would. @param lifetime in milliseconds */
  accepted(now: Date, lifetime: number): readonly Key[] {
    return this.keys.filter(({ id }) => this.find(id, now, lifetime));
  }
}
