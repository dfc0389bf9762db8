import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'data';
const FILE = join(FOLDER, 'development-secret');

/** The root secret as bytes; outside production one is made and kept in `data/` when none is given. */
export function rootSecret(given: string | undefined): Buffer {
  return createHash('sha256')
    .update(given ?? developmentSecret())
    .digest();
}

function developmentSecret(): string {
  mkdirSync(FOLDER, { recursive: true });
  try {
    // "wx": of two servers that start together, one writes and both read what it wrote.
    writeFileSync(FILE, randomBytes(32).toString('base64'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(FILE, 'utf8');
}
