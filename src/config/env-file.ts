import { existsSync } from 'node:fs';

const FILE = '.env';

/** Takes variables from `.env` in the working folder, if there is one; what the environment sets already stands. */
export function readEnvFile(): void {
  if (existsSync(FILE)) process.loadEnvFile(FILE);
}
