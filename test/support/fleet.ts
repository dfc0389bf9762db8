import { randomBytes } from 'node:crypto';
import { type Daemon, startMariaDb, startRedis } from './daemon.js';
import { type MailServer, startMailServer } from './mail-server.js';
import { startNginx } from './nginx.js';
import { freePort, listening, type Server, spawnServer } from './server.js';

/** Three instances in production behind nginx, on one MariaDB and one Redis, all of them the test's own. */
export class Fleet {
  private constructor(
    readonly url: string,
    readonly databaseUrl: string,
    readonly mail: MailServer,
    readonly mariadb: Daemon,
    readonly redis: Daemon,
    private readonly nginx: Daemon,
    private readonly env: NodeJS.ProcessEnv,
    readonly instances: Server[],
  ) {}

  static async start(extra: NodeJS.ProcessEnv = {}): Promise<Fleet> {
    const [mail, { mariadb, url: databaseUrl }, { redis, url: redisUrl }] = await Promise.all([
      startMailServer(),
      startMariaDb(),
      startRedis(),
    ]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      NODE_ENV: 'production',
      STEPGATE_SECRET: randomBytes(48).toString('base64'),
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      SMTP_URL: mail.url,
      PUBLIC_URL: url,
      TRUST_PROXY: '127.0.0.1',
      MFA_ENFORCEMENT: 'enrolled',
      ...extra,
    };
    const instances = await Promise.all([1, 2, 3].map(() => spawnServer(env)));
    await Promise.all(instances.map(listening));
    const ports = instances.map((instance) => new URL(instance.url).port);
    const nginx = await startNginx(ports, port);
    return new Fleet(url, databaseUrl, mail, mariadb, redis, nginx, env, instances);
  }

  /** Starts an instance again that has ended, at its old address. */
  async restart(index: number): Promise<void> {
    const { url } = this.instances[index];
    await this.instances[index].remove();
    this.instances[index] = await spawnServer({ ...this.env, PORT: new URL(url).port });
    await listening(this.instances[index]);
  }

  /** Everything that any instance has logged at that level. */
  logged(level: string): string[] {
    const lines = this.instances.flatMap((instance) => instance.output().split('\n'));
    return lines.filter((line) => line.includes(`"level":"${level}"`));
  }

  async remove(): Promise<void> {
    await this.nginx.remove();
    await Promise.all(this.instances.map((instance) => instance.remove()));
    await Promise.all([this.mariadb.remove(), this.redis.remove(), this.mail.close()]);
  }
}
