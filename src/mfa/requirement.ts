import { parseDuration } from '../kernel/clock.js';
import { type AssuranceLevel, isAssuranceLevel, meets } from '../tokens/assurance.js';
import type { Principal } from '../tokens/principal.js';

/** What `@RequireMfa()` takes. */
export interface MfaRequirement {
  /** The least level; any second factor (`mfa`) unless given. */
  readonly acr?: Exclude<AssuranceLevel, 'aal1'>;
  /** The second factor must have been proved at most so long ago: `30s`, `5m`, `1h`. */
  readonly maxAge?: string;
  /** Only these factor types will do. */
  readonly factors?: readonly string[];
}

/** A requirement, read: what the guard compares. */
export interface Requirement {
  readonly acr: AssuranceLevel;
  /** In milliseconds; null for any age. */
  readonly maxAge: number | null;
  /** Null for any. */
  readonly factors: readonly string[] | null;
}

/** What of a requirement a principal does not meet; null when he meets it all. */
export interface Shortfall {
  readonly level: boolean;
  readonly age: boolean;
}

const PROPERTIES = new Set(['acr', 'maxAge', 'factors']);

/** @throws Error when the requirement makes no sense; it is read where the class is defined, so that stops the start */
export function parseRequirement(given: MfaRequirement): Requirement {
  const unknown = Object.keys(given).find((property) => !PROPERTIES.has(property));
  if (unknown !== undefined) throw new Error(`@RequireMfa(): there is no option "${unknown}".`);
  const { acr = 'mfa', maxAge, factors } = given;
  if (!isAssuranceLevel(acr) || acr === ('aal1' as string)) {
    throw new Error(`@RequireMfa(): acr takes mfa, aal2 or phr, not ${JSON.stringify(acr)}.`);
  }
  if (
    factors !== undefined &&
    (!Array.isArray(factors) || factors.length === 0 || factors.some((type) => typeof type !== 'string'))
  ) {
    throw new Error('@RequireMfa(): factors takes the names of one factor type or more.');
  }
  const age = maxAge === undefined ? null : parseDuration(maxAge);
  if (age !== null && age < 1_000) throw new Error('@RequireMfa(): maxAge takes a second or more.');
  return { acr, maxAge: age, factors: factors ? [...new Set(factors)] : null };
}

/**
 * What meets both: neither loosens the other.
 * @throws Error when nothing can
 */
export function stricter(one: Requirement, other: Requirement): Requirement {
  const factors = one.factors && other.factors ? one.factors.filter((type) => other.factors!.includes(type)) : null;
  if (factors?.length === 0) throw new Error('@RequireMfa(): no factor type meets both the class and the method.');
  return {
    acr: meets(one.acr, other.acr) ? one.acr : other.acr,
    maxAge: one.maxAge === null ? other.maxAge : Math.min(one.maxAge, other.maxAge ?? Infinity),
    factors: factors ?? one.factors ?? other.factors,
  };
}

export function shortfall({ acr, mfa }: Principal, required: Requirement, now: Date): Shortfall | null {
  const level =
    !mfa || !meets(acr, required.acr) || (required.factors !== null && !required.factors.includes(mfa.factor));
  const age = required.maxAge !== null && (!mfa || now.getTime() - mfa.at.getTime() > required.maxAge);
  return level || age ? { level, age } : null;
}
