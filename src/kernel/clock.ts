import { Injectable } from '@nestjs/common';

/** The only source of "now". Tests put a clock of their own in its place. */
export abstract class Clock {
  abstract now(): Date;

  /** The moment `milliseconds` from now. */
  in(milliseconds: number): Date {
    return new Date(this.now().getTime() + milliseconds);
  }

  /** The moment `milliseconds` ago. */
  ago(milliseconds: number): Date {
    return this.in(-milliseconds);
  }
}

@Injectable()
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a duration such as `90s`, `5m` or `30d`.
 * @returns milliseconds
 * @throws Error when the text is anything else
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount === undefined)
    throw new Error(`"${text}" is not a duration: write a number and ms, s, m, h or d, as in 5m.`);
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** A moment as a JWT NumericDate: whole seconds since 1970 (RFC 7519, section 2). */
export function numericDate(moment: Date): number {
  return Math.floor(moment.getTime() / 1_000);
}

/** Whole seconds until `moment`, rounded up and never below 0: what `Retry-After` and `expiresIn` take. */
export function secondsUntil(moment: Date, now: Date): number {
  return Math.max(0, Math.ceil((moment.getTime() - now.getTime()) / 1_000));
}
