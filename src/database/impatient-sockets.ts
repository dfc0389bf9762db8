import { connect, Socket } from 'node:net';

/** In milliseconds: a database that says nothing for so long is down, whatever its socket says. */
const LONGEST_SILENCE = 5_000;
/** In milliseconds of silence, before the system asks the other side; by default two hours. */
const KEEP_ALIVE = 10_000;
/** In milliseconds: so long after a silence nobody is made to wait for another. */
const REST = 1_000;

/**
 * What mysql2 makes its connections of. By itself it waits for an answer for ever, also from a server that was cut off
 * without a word; its query timeout would only put the dead connection back into the pool. A socket that breaks is taken
 * out of the pool, and fails whoever waits on it; those who wait in line behind them fail with them.
 */
export function impatientSockets(): (options: { config: { host: string; port: number } }) => Socket {
  let restUntil = 0;
  const silent = () => Object.assign(new Error('The database was silent for too long.'), { code: 'ETIMEDOUT' });
  return ({ config: { host, port } }) => {
    if (performance.now() < restUntil) return new Socket().destroy(silent());
    // What breaks off in the middle of an answer looks idle from here: the system asks whether the other side is there.
    const socket = connect(port, host).setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
    let answered = -1;
    socket.on('data', () => (answered = socket.bytesWritten));
    // As setTimeout's own callback it would be called once, and a connection that was ever idle would wait for ever.
    return socket.setTimeout(LONGEST_SILENCE).on('timeout', () => {
      // Idle in the pool: nothing was asked.
      if (answered === socket.bytesWritten) return;
      restUntil = performance.now() + REST;
      socket.destroy(silent());
    });
  };
}
