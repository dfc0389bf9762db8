import { hash, timingSafeEqual } from 'node:crypto';
import { randomId, type Secrets } from '../kernel/secrets.js';

/**
 * A refresh token, taken apart; to clients it is opaque. The tokens that follow one another by rotation are a family.
 * Each one's secret follows from the family and the generation under a key of ours. So a client that lost our answer
 * gets the same successor again, an old token is told from an invented one without a list of them all, and nothing but
 * the newest one's digest has to be stored.
 */
export interface RefreshToken {
  readonly sessionId: string;
  /** How many tokens of the family came before it. */
  readonly generation: number;
  /** 256 random bits. */
  readonly family: Buffer;
  /** 256 bits. */
  readonly secret: Buffer;
}

/** What a session's row keeps of its newest token. */
export interface NewestToken {
  readonly refreshGeneration: number;
  readonly refreshHash: string;
}

const LENGTH = 16 + 4 + 32 + 32;

/** The first token of a new family: whatever the session had before is dead. */
export function firstRefreshToken(sessionId: string, secrets: Secrets): RefreshToken {
  // Whoever knew it beforehand would lack our key: it need not be drawn in the moment, as a secret would.
  return make({ sessionId, family: Buffer.from(randomId() + randomId(), 'hex') }, 0, secrets);
}

/** The one token that follows. */
export function successor(token: RefreshToken, secrets: Secrets): RefreshToken {
  return make(token, token.generation + 1, secrets);
}

/** Whether the token is older than the newest one, and of its family. */
export function isAncestor(token: RefreshToken, newest: NewestToken, secrets: Secrets): boolean {
  const { refreshGeneration, refreshHash } = newest;
  return token.generation < refreshGeneration && digest(make(token, refreshGeneration, secrets)) === refreshHash;
}

/** What is stored of it: SHA-256 of the secret, in hex. */
export function digest({ secret }: RefreshToken): string {
  return hash('sha256', secret, 'hex');
}

export function writeRefreshToken({ sessionId, generation, family, secret }: RefreshToken): string {
  return Buffer.concat([Buffer.from(sessionId, 'hex'), counter(generation), family, secret]).toString('base64url');
}

/** @returns null for anything that {@link writeRefreshToken} did not write under our key */
export function readRefreshToken(text: string, secrets: Secrets): RefreshToken | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== LENGTH || bytes.toString('base64url') !== text) return null;
  const named = { sessionId: bytes.subarray(0, 16).toString('hex'), family: bytes.subarray(20, 52) };
  const token = make(named, bytes.readUInt32BE(16), secrets);
  return timingSafeEqual(token.secret, bytes.subarray(52)) ? token : null;
}

function make(
  { sessionId, family }: Pick<RefreshToken, 'sessionId' | 'family'>,
  generation: number,
  secrets: Secrets,
): RefreshToken {
  const secret = secrets.mac('refresh-token', sessionId, family, counter(generation));
  return { sessionId, generation, family, secret };
}

function counter(generation: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(generation);
  return bytes;
}
