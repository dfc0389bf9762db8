import { Server, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';

export interface Patience {
  /** Milliseconds for which a server that was told to stop goes on as if it were not: its balancers hear of it elsewhere. */
  readonly notice: number;
  /** Milliseconds for which it then waits for open connections to close; proxies should keep idle ones for less. */
  readonly drain: number;
}

/** In milliseconds. */
const LOOK_INTERVAL = 20;
/** In milliseconds: a turn of the event loop that can hardly have kept a new connection waiting. */
const SHORT_TURN = 0.3;
/** In milliseconds, for such a turn to come. */
const LONGEST_LOOK = 1_000;
/** In milliseconds, for the last answers and for requests that are still arriving. */
const LONGEST_ANSWER = 10_000;

/**
 * A server that loses no request when it is told to stop. To close a connection is to lose what a proxy has just sent
 * over it, and a POST it must not send twice; what waits to be accepted is lost the same way. So no new connection is
 * taken before an old one is given up: a proxy then reuses those it has, and tries another instance if it has none.
 * Those that are open are answered with the wish to close them, until their clients have.
 */
export class DrainingAdapter extends FastifyAdapter {
  private readonly sockets = new Set<Socket>();
  private accepted = 0;
  private draining = false;

  constructor(
    options: FastifyHttpOptions<RawServerDefault>,
    private readonly patience: Patience,
  ) {
    // What was accepted is answered, also in the last moment; Fastify would refuse it.
    super({ ...options, return503OnClosing: false });
    const fastify = this.getInstance();
    fastify.server.on('connection', (socket: Socket) => {
      this.accepted++;
      // Read now, it is known for as long as we work for a client, even when he is gone.
      void socket.remoteAddress;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.draining) void reply.header('Connection', 'close');
      done(null, payload);
    });
  }

  /**
   * Nest awaits it before it closes anything (`HttpServer.beforeClose`), whatever its own adapter's type says: so what a
   * request needs, the database first of all, is there until the last one is answered.
   */
  // eslint-disable-next-line @typescript-eslint/no-misused-promises
  override async beforeClose(): Promise<void> {
    super.beforeClose();
    await sleep(this.patience.notice);
    await this.stopAccepting();
    this.draining = true;
    await this.disconnected(this.patience.drain);
    this.hangUpOnTheIdle();
    await this.disconnected(LONGEST_ANSWER);
    this.getInstance().server.closeAllConnections();
  }

  /** Waits until nobody is connected any more, at most so many milliseconds. */
  private async disconnected(longest: number): Promise<void> {
    const deadline = performance.now() + longest;
    while (this.sockets.size > 0 && performance.now() < deadline) await sleep(LOOK_INTERVAL);
  }

  private hangUpOnTheIdle(): void {
    this.getInstance().server.closeIdleConnections();
    // Node takes a connection for busy on which nothing has arrived yet.
    for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  private async stopAccepting(): Promise<void> {
    // The system resets what it has connected and we have not accepted: so right after a look that found nobody.
    const deadline = performance.now() + LONGEST_LOOK;
    while (performance.now() < deadline) {
      const { accepted } = this;
      const began = performance.now();
      await setImmediate();
      if (this.accepted === accepted && performance.now() - began < SHORT_TURN) break;
    }
    // `http.Server.close` would close the idle connections too.
    Server.prototype.close.call(this.getInstance().server);
  }
}
