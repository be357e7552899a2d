import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { assert } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../../../lib/limits.ts';
import { silentLog } from '../../../lib/log.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { attachSocketIo } from './door.ts';
import { PACK } from './vocabulary.ts';

const opened: string[] = [];

const bring: Parameters<typeof attachSocketIo>[0]['bring'] = () => {
  opened.push('loaded');
  return Promise.resolve({
    openLive: () => ({
      request: (_, response) => response.end('socket.io'),
      upgrade: () => {},
      close: () => Promise.resolve(void opened.push('closed')),
    }),
  });
};

test('[SI7] the official server is loaded by the first request for it; other requests go where they went', async () => {
  const server = createServer((_, response) => response.end('others'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a server that listens on TCP has an address');
  const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${address.port}${path}`)).text();
  const door = attachSocketIo(optionsOf(server));
  for (const path of ['/', '/socket.io', '/socket.io/socket.io.js', '/x?socket.io/'])
    expect(await get(path)).toBe('others');
  expect(opened).toEqual([]);
  expect(await get('/socket.io/?EIO=4&transport=polling')).toBe('socket.io');
  expect(await get('/socket.io/?EIO=4&transport=polling')).toBe('socket.io');
  expect(opened).toEqual(['loaded']);
  await door.close();
  expect(opened).toEqual(['loaded', 'closed']);
  const late = await fetch(`http://127.0.0.1:${address.port}/socket.io/?EIO=4&transport=polling`);
  expect(late.status).toBe(503);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('[SI7] a client that is gone while the server of Socket.IO is being loaded harms nobody', async () => {
  const server = createServer();
  const door = attachSocketIo(optionsOf(server));
  const raw = new PassThrough();
  server.emit('upgrade', { url: '/socket.io/?EIO=4&transport=websocket' }, raw, Buffer.alloc(0));
  expect(() => raw.emit('error', new Error('read ECONNRESET'))).not.toThrow();
  await door.close();
});

function optionsOf(server: Server): Parameters<typeof attachSocketIo>[0] {
  return {
    server,
    log: silentLog,
    bring,
    clock: new FakeClock(),
    limits,
    sessions: {
      hasRoom: true,
      open: () => {
        throw new Error('nobody connects here');
      },
    },
    namespaces: { '/': PACK },
    path: '/socket.io/',
    pingIntervalMs: 25_000,
    pingTimeoutMs: 20_000,
    visitorOf: () => ({ cookie: null, origin: null, host: null }),
    isOwnPage: () => true,
  };
}
