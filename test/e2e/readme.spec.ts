import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Server, START_TIMEOUT, startServer } from '../support/server.js';

/** The commands that the README tells to paste. */
function commands(): string {
  const readme = readFileSync(resolve(__dirname, '../../README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^ *```bash\n(.*?)^ *```$/gms)].map(([, block]) => block);
  return blocks.join('\n');
}

describe('the README', () => {
  let server: Server;

  beforeAll(async () => {
    server = await startServer();
  }, START_TIMEOUT);

  afterAll(() => server.remove());

  it(
    'leads from registration to a guarded route with commands that work when they are pasted',
    async () => {
      const script = commands().replace('http://localhost:3000', server.url);
      const { stdout } = await promisify(execFile)('bash', ['-c', script]);
      expect(stdout).toContain('"acr":"aal1"');
      expect(stdout).toMatch(/HTTP\/1\.1 401[^]*insufficient_user_authentication/);
      expect(stdout.trim()).toMatch(/\{"message":"You have proved a second factor\."\}$/);
    },
    START_TIMEOUT,
  );
});
