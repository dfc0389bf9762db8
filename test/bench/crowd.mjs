import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';

const SESSIONS_EACH = 3;
const CHUNK = 50_000;

/** What differs between the two: how rows come from numbers, and how a number becomes a digest. */
const dialects = {
  sqlite: {
    numbers: (from, to) =>
      `WITH RECURSIVE numbers(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to})`,
    rows: () => 'numbers',
    number: 'n',
    hex: (expression) => `printf('%032x', ${expression})`,
    digest: () => 'lower(hex(randomblob(32)))',
    now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    later: "strftime('%Y-%m-%d %H:%M:%f', 'now', '+30 days')",
  },
  mysql: {
    numbers: () => '',
    rows: (from, to) => `seq_${from}_to_${to}`,
    number: 'seq',
    hex: (expression) => `LPAD(HEX(${expression}), 32, '0')`,
    digest: (expression) => `SHA2(${expression}, 256)`,
    now: 'UTC_TIMESTAMP(3)',
    later: 'UTC_TIMESTAMP(3) + INTERVAL 30 DAY',
  },
};

/** Fills a database with users and three sessions of each, past the server, with statements that make many rows each. */
export async function addCrowd(databaseUrl, users) {
  const { run, close, dialect } = await connect(databaseUrl);
  const { numbers, rows, number, hex, digest, now, later } = dialect;
  for (let from = 1; from <= users; from += CHUNK) {
    const to = Math.min(from + CHUNK - 1, users);
    await run(`INSERT INTO stepgate_user (id, email, emailHash, passwordHash, passwordChangedAt, createdAt)
      ${numbers(from, to)} SELECT ${hex(number)}, 'crowd@example.com', ${digest(number)}, 'none', ${now}, ${now}
      FROM ${rows(from, to)}`);
    for (let session = 0; session < SESSIONS_EACH; session++) {
      await run(`INSERT INTO stepgate_session (id, userId, device, ip, authTime, acr, amr, epoch, refreshHash,
          refreshGeneration, createdAt, lastUsedAt, expiresAt)
        ${numbers(from, to)} SELECT ${hex(`${number} * ${SESSIONS_EACH} + ${session}`)}, ${hex(number)}, 'Crowd',
          '192.0.2.1', ${now}, 'aal1', 'pwd', 0, ${digest(number)}, 0, ${now}, ${now}, ${later}
        FROM ${rows(from, to)}`);
    }
  }
  await close();
}

async function connect(databaseUrl) {
  if (databaseUrl.startsWith('sqlite:')) {
    const database = new Database(databaseUrl.slice('sqlite:'.length));
    database.pragma('synchronous = OFF');
    const close = () => {
      database.pragma('wal_checkpoint(TRUNCATE)');
      database.close();
    };
    return { run: (sql) => database.exec(sql), close, dialect: dialects.sqlite };
  }
  const connection = await createConnection(databaseUrl);
  return { run: (sql) => connection.query(sql), close: () => connection.end(), dialect: dialects.mysql };
}
