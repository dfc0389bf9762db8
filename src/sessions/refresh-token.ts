import { createHash, randomBytes } from 'node:crypto';
import type { Secrets } from '../kernel/secrets.js';

/** A refresh token, taken apart. To clients it is opaque. */
export interface RefreshToken {
  readonly sessionId: string;
  /** How many tokens of the session came before it. */
  readonly generation: number;
  /** 256 bits. */
  readonly secret: Buffer;
}

const LENGTH = 16 + 4 + 32;
/** Longer chains than a session can grow are not walked. */
const LONGEST_CHAIN = 100_000;

/** The first token of a session: 256 random bits. */
export function firstRefreshToken(sessionId: string): RefreshToken {
  return { sessionId, generation: 0, secret: randomBytes(32) };
}

/**
 * The one successor of a token. It follows from the token under a key of ours, so a client that lost our answer gets
 * the same successor again, and nothing but the newest token's digest has to be stored.
 */
export function successor({ sessionId, generation, secret }: RefreshToken, secrets: Secrets): RefreshToken {
  return { sessionId, generation: generation + 1, secret: secrets.mac('refresh-token', sessionId, secret) };
}

/** Whether walking on from the token leads to the newest one: then it is genuine, only old. */
export function isAncestor(token: RefreshToken, generation: number, hash: string, secrets: Secrets): boolean {
  if (token.generation >= generation || generation - token.generation > LONGEST_CHAIN) return false;
  let walked = token;
  while (walked.generation < generation) walked = successor(walked, secrets);
  return digest(walked) === hash;
}

export function digest({ secret }: RefreshToken): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function writeRefreshToken({ sessionId, generation, secret }: RefreshToken): string {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(generation);
  return Buffer.concat([Buffer.from(sessionId, 'hex'), counter, secret]).toString('base64url');
}

/** @returns null for anything that {@link writeRefreshToken} did not write */
export function readRefreshToken(text: string): RefreshToken | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== LENGTH || bytes.toString('base64url') !== text) return null;
  return {
    sessionId: bytes.subarray(0, 16).toString('hex'),
    generation: bytes.readUInt32BE(16),
    secret: bytes.subarray(20),
  };
}
