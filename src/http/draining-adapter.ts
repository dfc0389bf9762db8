import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, RawServerDefault } from 'fastify';

/** In milliseconds. */
const LOOK_INTERVAL = 20;

/**
 * A server that loses no request when it is told to stop. To close a connection that a proxy keeps open is to lose what
 * the proxy has just sent over it, and a POST it must not send twice. So before anything is closed, every answer asks its
 * client to close the connection, and those that were open get the time to be used once more, or to be given up.
 */
export class DrainingAdapter extends FastifyAdapter {
  private readonly sockets = new Set<Socket>();
  private draining = false;

  /** @param patience in milliseconds: proxies should keep idle connections for less long than this */
  constructor(
    options: FastifyHttpOptions<RawServerDefault>,
    private readonly patience: number,
  ) {
    // What was accepted is answered, also in the last moment; Fastify would refuse it.
    super({ ...options, return503OnClosing: false });
    const fastify = this.getInstance();
    fastify.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.draining) void reply.header('Connection', 'close');
      done(null, payload);
    });
  }

  /** Nest awaits it before it closes anything (`HttpServer.beforeClose`), whatever its own adapter's type says. */
  // eslint-disable-next-line @typescript-eslint/no-misused-promises
  override async beforeClose(): Promise<void> {
    super.beforeClose();
    this.draining = true;
    const open = [...this.sockets];
    const deadline = performance.now() + this.patience;
    while (open.some(({ closed }) => !closed) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL));
    }
  }
}
