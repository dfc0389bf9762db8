import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '../tokens.options.js';

const generate = promisify(generateKeyPair);

/** A signing key, opened: always `KeyObject`s, which jsonwebtoken checks against the algorithm and need no parsing. */
export interface SigningKey {
  /** The `kid`. */
  readonly id: string;
  /** 1, 2, 3, ... in the order in which they were made. */
  readonly generation: number;
  readonly algorithm: SigningAlgorithm;
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
  readonly activeFrom: Date;
}

/** A new key for the algorithm, as a JWK with the private part. */
export async function createKeyMaterial(algorithm: SigningAlgorithm): Promise<string> {
  if (algorithm === 'HS256') return JSON.stringify({ kty: 'oct', k: randomBytes(32).toString('base64url') });
  const { privateKey } =
    algorithm === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 3072 });
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}

/** Reads what {@link createKeyMaterial} made. */
export function readKeyMaterial(material: string): Pick<SigningKey, 'signing' | 'verifying'> {
  const jwk = JSON.parse(material) as JsonWebKey;
  if (jwk.kty === 'oct') {
    const secret = createSecretKey(jwk.k as string, 'base64url');
    return { signing: secret, verifying: secret };
  }
  const signing = createPrivateKey({ key: jwk, format: 'jwk' });
  return { signing, verifying: createPublicKey(signing) };
}

/** The public key as RFC 7517 has it, or null for a shared secret, which is nobody's to publish. */
export function publicJwk({ id, algorithm, verifying }: SigningKey): Record<string, unknown> | null {
  if (verifying.type === 'secret') return null;
  return { ...verifying.export({ format: 'jwk' }), kid: id, alg: algorithm, use: 'sig' };
}
