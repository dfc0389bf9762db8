import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Daemon } from './daemon.js';
import { freePort } from './server.js';
import { SERVICES } from './services.js';

const SHIPPED = resolve(__dirname, '../../nginx/stepgate.conf');

/** Debian's nginx with the configuration that we ship, in front of instances on these three ports. */
export async function startNginx(ports: readonly string[], port?: number): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-nginx-'));
  const listens = port ?? (await freePort());
  const site = ports
    .reduce(
      (text, each, index) => text.replace(`app-${index + 1}:3000`, `127.0.0.1:${each}`),
      readFileSync(SHIPPED, 'utf8'),
    )
    .replace('listen 80;', `listen 127.0.0.1:${listens};`);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 512; }
    http { access_log ${folder}/access.log; ${places.join(' ')} ${site} }`,
  );
  return new Daemon(folder, listens, [
    SERVICES.nginx,
    '-p',
    folder,
    '-c',
    join(folder, 'nginx.conf'),
    '-e',
    `${folder}/error.log`,
  ]).start();
}
