import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a service, whose cable a test can cut. */
export class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private cable = true;

  constructor(target: { host: string; port: number }) {
    this.server = createServer((client) => {
      if (!this.cable) return void client.destroy();
      const upstream = connect(target);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ]) {
        this.sockets.add(one);
        one.pipe(other);
        one
          .on('error', () => undefined)
          .on('close', () => {
            this.sockets.delete(one);
            other.destroy();
          });
      }
    });
  }

  /** @returns the port to connect to */
  listen(): Promise<number> {
    return new Promise((done) => {
      this.server.listen(0, '127.0.0.1', () => done((this.server.address() as { port: number }).port));
    });
  }

  cut(): void {
    this.cable = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.cable = true;
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}
