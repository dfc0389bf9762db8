import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  randomFillSync,
  randomInt,
  timingSafeEqual,
} from 'node:crypto';

const ID_BYTES = 16;
/** Random bytes for ids to come, as Node keeps them for UUIDs: to ask for 16 takes 10 us, for all of these hardly more. */
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

/** A random identifier: 128 bits (ASVS 11.5.1), in hex so that both databases compare it alike. No secret. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += ID_BYTES;
  return pool.toString('hex', start, used);
}

/** Whether the text is spelled as {@link randomId} spells it: MySQL would find a row by other spellings too. */
export function isRandomId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** A random decimal code, uniform, leading zeros kept (ASVS 6.5.3, NIST SP 800-63B-4 3.1.3.2). */
export function randomDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}

/**
 * Everything that hangs on the root secret. Each use gets a key of its own (HKDF-SHA-256), so a value made for one
 * use says nothing, and opens nothing, in another.
 */
export class Secrets {
  private readonly keys = new Map<string, Buffer>();

  /** @param root the root secret: at least 32 random bytes */
  constructor(private readonly root: Buffer) {
    if (root.length < 32) throw new Error('The root secret must have at least 32 bytes.');
  }

  /** HMAC-SHA-256 over the parts, as raw bytes. */
  mac(use: string, ...parts: readonly (string | Buffer)[]): Buffer {
    const hmac = createHmac('sha256', this.key(use));
    for (const part of parts) {
      const bytes = Buffer.from(part);
      // The length keeps ("ab","c") apart from ("a","bc").
      hmac.update(String(bytes.length)).update(':').update(bytes);
    }
    return hmac.digest();
  }

  /** As {@link mac}, in hex: what a column keeps of a code or an address. */
  hash(use: string, ...parts: readonly (string | Buffer)[]): string {
    return this.mac(use, ...parts).toString('hex');
  }

  /** Whether `kept` is the {@link hash} of the parts; takes the same time for every wrong value (ASVS 11.2.4). */
  matches(kept: string, use: string, ...parts: readonly (string | Buffer)[]): boolean {
    const expected = this.mac(use, ...parts);
    const actual = Buffer.from(kept, 'hex');
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }

  /** Encrypts for the database (AES-256-GCM). `owner` is bound in: a sealed value opens only for the row it was made for. */
  seal(use: string, owner: string, plaintext: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key(use), iv).setAAD(Buffer.from(owner));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url');
  }

  /** @throws Error when the value was sealed for another use or owner, under another root secret, or was changed */
  unseal(use: string, owner: string, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.key(use), bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }

  private key(use: string): Buffer {
    let key = this.keys.get(use);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', this.root, Buffer.alloc(0), `stepgate/${use}`, 32));
      this.keys.set(use, key);
    }
    return key;
  }
}
