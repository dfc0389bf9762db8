import { existsSync } from 'node:fs';
import { createConnection as connect } from 'node:net';

/** What tests need beside Node, where it is looked for, and whether it is there; written by the global set-up. */
export interface Service {
  readonly name: 'MariaDB' | 'Redis' | 'Chromium' | 'oathtool' | 'nginx' | 'mariadbd' | 'redis-server';
  readonly at: string;
}

export const SERVICES: Record<Service['name'], string> = {
  MariaDB: process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306',
  Redis: process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379',
  Chromium: process.env.TEST_CHROMIUM ?? '/usr/bin/chromium',
  oathtool: process.env.TEST_OATHTOOL ?? '/usr/bin/oathtool',
  // Programs of which tests start their own, to kill them.
  nginx: process.env.TEST_NGINX ?? '/usr/sbin/nginx',
  mariadbd: process.env.TEST_MARIADBD ?? '/usr/sbin/mariadbd',
  'redis-server': process.env.TEST_REDIS_SERVER ?? '/usr/bin/redis-server',
};

const ABSENT = 'STEPGATE_TEST_ABSENT';

/** The services that this run does without. */
export function absentServices(): Service['name'][] {
  return (process.env[ABSENT] ?? '').split(',').filter(Boolean) as Service['name'][];
}

export function isPresent(name: Service['name']): boolean {
  return !absentServices().includes(name);
}

/** Looks once, before the first test. */
export default async function lookForServices(): Promise<void> {
  const names = Object.keys(SERVICES) as Service['name'][];
  const present = await Promise.all(names.map((name) => answers(SERVICES[name])));
  process.env[ABSENT] = names.filter((_, index) => !present[index]).join(',');
}

async function answers(at: string): Promise<boolean> {
  if (at.startsWith('/')) return existsSync(at);
  const { hostname, port } = new URL(at);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2_000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => done(true))
      .once('error', () => done(false))
      .once('timeout', () => done(false));
  });
}
