import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { impatientSockets } from './impatient-sockets.js';

const LONGER_THAN_PATIENCE = 5_500;

describe('a connection to the database', () => {
  let server: Server;
  let config: { host: string; port: number };

  beforeAll(async () => {
    server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (asked) => asked.equals(Buffer.from('answer me')) && socket.write('!'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    config = { host: '127.0.0.1', port: (server.address() as { port: number }).port };
  });

  afterAll(() => server.close());

  it('breaks when the database is silent for 5 seconds, and nobody waits for the next silence', async () => {
    const connectTo = impatientSockets();
    const socket = connectTo({ config });
    socket.write('no answer to this');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ETIMEDOUT');

    const startedAt = performance.now();
    await once(connectTo({ config }), 'error');
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('breaks so also after it was idle, however often', async () => {
    const socket = impatientSockets()({ config });
    socket.write('answer me');
    await once(socket, 'data');
    await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_PATIENCE));
    socket.write('no answer to this');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ETIMEDOUT');
  });

  it('stays while it is idle', async () => {
    const connectTo = impatientSockets();
    const socket: Socket = connectTo({ config });
    socket.write('answer me');
    await once(socket, 'data');
    await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_PATIENCE));
    expect(socket.destroyed).toBe(false);

    socket.write('answer me');
    await once(socket, 'data');
    const other = connectTo({ config });
    await once(other, 'connect');
    for (const end of [socket, other]) end.destroy();
  });
});
