import { readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { cpuOf } from './server.mjs';

/** What the MariaDB on this machine has done so far, for whomever. */
export class MariaDb {
  #connection;
  #pid;

  /** @returns null for a database that is no server */
  static async of(url) {
    if (!url.startsWith('mysql:')) return null;
    const connection = await createConnection(url);
    const [[{ file }]] = await connection.query('SELECT @@pid_file AS file');
    return new MariaDb(connection, Number(readFileSync(file, 'utf8')));
  }

  constructor(connection, pid) {
    this.#connection = connection;
    this.#pid = pid;
  }

  async statements() {
    const [[{ Value }]] = await this.#connection.query("SHOW GLOBAL STATUS LIKE 'Questions'");
    return Number(Value);
  }

  /** CPU seconds. */
  cpu() {
    return cpuOf(this.#pid);
  }

  close() {
    return this.#connection.end();
  }
}
