import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fastify, type FastifyInstance } from 'fastify';
import { handleInStep } from './in-step.js';

const MOST_TOGETHER = 16;

describe('requests that arrive together', () => {
  let server: FastifyInstance;
  let clients: Socket[] = [];
  let steps: string[];

  beforeEach(async () => {
    steps = [];
    server = fastify();
    handleInStep(server);
    server.get('/:name', async ({ params }) => {
      const { name } = params as { name: string };
      steps.push(`${name} begins`);
      await Promise.resolve();
      steps.push(`${name} goes on`);
      return name;
    });
  });
  afterEach(async () => {
    clients.forEach((client) => client.destroy());
    await server.close();
  });

  /** Sends them at one moment, each over a connection of its own. */
  async function send(names: string[]): Promise<string[]> {
    const { port } = server.server.address() as AddressInfo;
    let accepted = 0;
    server.server.on('connection', () => accepted++);
    clients = names.map(() => connect(port, '127.0.0.1'));
    while (accepted < names.length) await setImmediate();
    names.forEach((name, n) => clients[n].write(`GET /${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
    const answers = await Promise.all(clients.map((client) => once(client, 'data') as Promise<[Buffer]>));
    return answers.map(([answer]) => answer.toString().split('\r\n\r\n')[1]);
  }

  it('are handled step by step', async () => {
    await server.listen({ port: 0, host: '127.0.0.1' });
    expect(await send(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
    expect(steps).toEqual(['a begins', 'b begins', 'c begins', 'a goes on', 'b goes on', 'c goes on']);
  });

  it('keep what was stored for each of them', async () => {
    const storage = new AsyncLocalStorage<string>();
    server.addHook('onRequest', ({ url }, _reply, next) => storage.run(`stored for ${url}`, next));
    server.get('/stored/:name', () => storage.getStore());
    await server.listen({ port: 0, host: '127.0.0.1' });
    expect(await send(['stored/a', 'stored/b'])).toEqual(['stored for /stored/a', 'stored for /stored/b']);
  });

  it('are so many at most that others get their turn', async () => {
    await server.listen({ port: 0, host: '127.0.0.1' });
    const names = Array.from({ length: MOST_TOGETHER + 4 }, (_, n) => `request-${n}`);
    expect(await send(names)).toEqual(names);
    expect(steps.slice(0, MOST_TOGETHER).every((step) => step.endsWith('begins'))).toBe(true);
    expect(steps[MOST_TOGETHER]).toBe('request-0 goes on');
    expect(steps).toHaveLength(2 * names.length);
  });
});
