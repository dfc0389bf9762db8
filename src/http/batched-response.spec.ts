import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { BatchedResponse } from './batched-response.js';

/** In milliseconds. */
const LONG = 3;

describe('answers in batches', () => {
  let server: Server;
  let clients: Socket[];

  beforeEach(async () => {
    server = createServer({ ServerResponse: BatchedResponse }).listen(0, '127.0.0.1');
    clients = [];
    await once(server, 'listening');
  });
  afterEach(() => {
    clients.forEach((client) => client.destroy());
    server.close();
  });

  /** A request that waits for its answer. */
  async function asked(): Promise<{ response: ServerResponse; client: Socket; written: () => number }> {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(client);
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    return { response, client, written: () => request.socket.bytesWritten };
  }

  it('leave when the turn of the event loop is over', async () => {
    const [first, second] = [await asked(), await asked()];
    first.response.end('first');
    second.response.end('second');
    expect([first.written(), second.written()]).toEqual([0, 0]);
    await setImmediate();
    expect(first.written()).toBeGreaterThan(0);
    expect(second.written()).toBeGreaterThan(0);
    const [answer] = (await once(second.client, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nsecond$/);
  });

  it('do not wait for a turn that takes long', async () => {
    const [first, second] = [await asked(), await asked()];
    first.response.end();
    const began = performance.now();
    while (performance.now() - began < LONG);
    second.response.end();
    expect(first.written()).toBeGreaterThan(0);
    expect(second.written()).toBeGreaterThan(0);
  });

  it('hang up by themselves, and leave the others alone, when they cannot be sent', async () => {
    Logger.overrideLogger(false);
    const [bad, good] = [await asked(), await asked()];
    bad.response.end(42);
    good.response.end('good');
    const [answer] = (await once(good.client, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/good$/);
    await once(bad.client, 'close');
  });

  it('are known to be given at once, so that nobody gives another', async () => {
    const { response } = await asked();
    expect(response.writableEnded).toBe(false);
    response.end();
    expect(response.writableEnded).toBe(true);
  });

  it('tell at once, and not later, of a header that cannot be sent', async () => {
    const { response } = await asked();
    expect(() => response.writeHead(200, { 'x-name': 'two\nlines' })).toThrow('Invalid character in header content');
    response.writeHead(500).end();
    await setImmediate();
    expect(response.writableFinished).toBe(true);
  });
});
