import { randomBytes } from 'node:crypto';

/** What a reset link carries: which challenge it answers, and the answer. */
export interface ResetToken {
  readonly challengeId: string;
  /** 256 random bits. */
  readonly secret: Buffer;
}

const ID_BYTES = 16;
const SECRET_BYTES = 32;

export function newResetToken(challengeId: string): ResetToken {
  return { challengeId, secret: randomBytes(SECRET_BYTES) };
}

export function writeResetToken({ challengeId, secret }: ResetToken): string {
  return Buffer.concat([Buffer.from(challengeId, 'hex'), secret]).toString('base64url');
}

/** @returns null for anything that {@link writeResetToken} did not write */
export function readResetToken(text: string): ResetToken | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== ID_BYTES + SECRET_BYTES || bytes.toString('base64url') !== text) return null;
  return { challengeId: bytes.subarray(0, ID_BYTES).toString('hex'), secret: bytes.subarray(ID_BYTES) };
}
