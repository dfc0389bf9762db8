import { connect, createServer, type Server, type Socket } from 'node:net';

/** What lies between a server under test and a service it needs; the test cuts it, or clogs it, and mends it again. */
export class Cable {
  private readonly ends = new Set<Socket>();
  private state: 'whole' | 'cut' | 'clogged' = 'whole';

  private constructor(
    private readonly server: Server,
    /** The service's URL, by way of the cable. */
    readonly url: string,
  ) {}

  static async to(serviceUrl: string): Promise<Cable> {
    const service = new URL(serviceUrl);
    const server = createServer((near) => cable.join(near, connect(Number(service.port), service.hostname)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(serviceUrl);
    url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const cable = new Cable(server, url.href);
    return cable;
  }

  /** Connections break, and new ones break at once. */
  cut(): void {
    this.state = 'cut';
    this.drop();
  }

  /** Connections stay, new ones are taken, and nothing comes through: a host that lost its network. */
  clog(): void {
    this.state = 'clogged';
    for (const end of this.ends) end.unpipe().pause();
  }

  /** New connections go through; those of before do not come back. */
  mend(): void {
    this.drop();
    this.state = 'whole';
  }

  async remove(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket, far: Socket): void {
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.ends.add(end);
      end.on('error', () => end.destroy()).on('close', () => (this.ends.delete(end), other.destroy()));
    }
    if (this.state === 'cut') near.destroy();
    if (this.state === 'whole') near.pipe(far).pipe(near);
  }

  private drop(): void {
    for (const end of this.ends) end.destroy();
  }
}
