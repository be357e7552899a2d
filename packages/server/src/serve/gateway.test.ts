import { createServer, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import { assert, decodeDownstream, SUBPROTOCOL, type Downstream } from '@statewire/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { World } from '../testing/world.ts';
import { attachLive, type LiveDoor } from './gateway.ts';
import { Hub } from '../publish/hub.ts';
import { granted } from '../testing/granted.ts';

// Real sockets: the server's own HTTP upgrade, our frames, and `ws` as an independent client.
let world: World;
let server: Server;
let door: LiveDoor;
let url: string;

beforeEach(async () => {
  world = new World();
  const hub = new Hub({ clock: systemClock, live: world.live, epoch: 'e1', limits: world.limits });
  server = createServer((_, response) => response.end());
  door = attachLive({
    server,
    hub,
    clock: systemClock,
    origins: ['https://app.example.com'],
    log: silentLog,
    mutate: () => Promise.resolve({ ok: false, code: 'unsupported', msg: 'none' }),
    authenticate: ({ bearer }) =>
      Promise.resolve(
        bearer === 'read'
          ? {
              ok: true,
              value: {
                kind: 'key',
                id: 'k',
                name: 'k',
                org: 'main',
                scopes: ['read'],
                permissions: granted(['read']),
                isOperator: false,
                expiresAt: null,
              },
            }
          : { ok: false, code: 'auth_invalid', message: 'unknown key' },
      ),
  });
  publish = (committed) => hub.apply(committed);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a server that listens on TCP has an address');
  url = `ws://127.0.0.1:${address.port}/live`;
});

let publish: (committed: ReturnType<World['write']>) => void;

afterEach(async () => {
  door.close();
  world.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A real client: frames as they come, and a promise for the next one of a kind. */
class Peer {
  readonly ws: WebSocket;
  readonly frames: Downstream[] = [];
  #waiting: { t: string; done: (frame: Downstream) => void }[] = [];

  constructor(options: { origin?: string; protocol?: string } = {}) {
    this.ws = new WebSocket(
      url,
      options.protocol ?? SUBPROTOCOL,
      options.origin === undefined ? {} : { origin: options.origin },
    );
    this.ws.on('message', (data: Buffer) => {
      const frame = decodeDownstream(data.toString());
      assert(frame.ok, `the server sent what is no frame: ${data.toString()}`);
      this.frames.push(frame.value);
      const at = this.#waiting.findIndex(({ t }) => t === frame.value.t);
      if (at >= 0) this.#waiting.splice(at, 1)[0]?.done(frame.value);
    });
  }

  next<T extends Downstream['t']>(t: T): Promise<Extract<Downstream, { t: T }>> {
    return new Promise((resolve) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: `t` decides the kind.
      this.#waiting.push({ t, done: (frame) => resolve(frame as Extract<Downstream, { t: T }>) });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.ws.once('open', resolve).once('error', reject));
  }

  closed(): Promise<number> {
    return new Promise((resolve) => this.ws.once('close', resolve));
  }

  say(frame: object): void {
    this.ws.send(JSON.stringify(frame));
  }
}

test('[RS1] [RS2] [RS4] [RC5] a tab gets a snapshot, then deltas, and after a cut exactly what it missed', async () => {
  publish(world.write('main', { c: 'services', id: 'search', fields: { name: 'Süche', status: 'up' } }));
  const peer = new Peer();
  await peer.open();
  const [subd, snapshot] = [peer.next('subd'), peer.next('s')];
  peer.say({ t: 'hello', p: 1, client: 'test', token: 'read', subs: [{ t: 'sub', s: 1, c: 'services', iv: 0 }] });
  const { w } = await subd;
  expect(await snapshot).toEqual({
    t: 's',
    w,
    v: 1,
    i: 0,
    last: true,
    r: [[1, 'search', 1, { name: 'Süche', status: 'up' }]],
  });

  const delta = peer.next('d');
  publish(world.write('main', { c: 'services', id: 'search', fields: { status: 'down' } }));
  expect((await delta).o).toEqual([[1, 2, { status: 'down' }]]);
  peer.ws.terminate();

  publish(world.write('main', { c: 'services', id: 'search', fields: { status: 'up' } }));
  publish(world.write('main', { c: 'services', id: 'mail', fields: { name: 'Mail', status: 'up' } }));
  publish(world.write('main', { c: 'services', id: 'mail', fields: null }));
  const again = new Peer();
  await again.open();
  const [resumed, missed] = [again.next('subd'), again.next('d')];
  again.say({
    t: 'hello',
    p: 1,
    client: 'test',
    token: 'read',
    subs: [{ t: 'sub', s: 1, c: 'services', iv: 0, since: { e: 'e1', v: 2 } }],
  });
  expect(await resumed).toMatchObject({ w, how: 'delta', v: 5, n: 1 });
  // One that came and went meanwhile is named too: the delta is right for whoever stands anywhere between its ends (RS20).
  expect(await missed).toMatchObject({
    v: [2, 5],
    o: [
      [1, 3, { status: 'up' }],
      [2, 5, null, 'del'],
    ],
  });
  again.ws.close();
});

test.each([
  ['http://evil.example', 403],
  ['null', 403],
  ['https://app.example.com', 101],
  [undefined, 101],
])('[AU8] an upgrade from the origin %s is answered with %i', async (origin, status) => {
  const peer = new Peer(origin === undefined ? {} : { origin });
  const answer = await new Promise<number>((resolve) => {
    peer.ws.once('open', () => resolve(101));
    peer.ws.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    peer.ws.once('error', () => {});
  });
  expect(answer).toBe(status);
  peer.ws.terminate();
});

test('[AU8] a page of the server itself may connect', async () => {
  const peer = new Peer({ origin: url.replace('ws:', 'http:').replace('/live', '') });
  await peer.open();
  expect(peer.ws.protocol).toBe(SUBPROTOCOL);
  peer.ws.terminate();
});

test('another path and an exhausted server are refused before the upgrade', async () => {
  const statusOf = (address: string): Promise<number> =>
    new Promise((resolve) => {
      const ws = new WebSocket(address, SUBPROTOCOL);
      ws.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      ws.once('error', () => {});
    });
  expect(await statusOf(url.replace('/live', '/dead'))).toBe(404);
  door.gateway.close();
  expect(await statusOf(url)).toBe(503);
});

test('[SE7] frames of every length arrive whole, several to a write, uncompressed', async () => {
  for (const [id, length] of [
    ['a', 1],
    ['b', 60],
    ['c', 300],
    ['d', 65_000],
    ['e', 70_000],
    ['f', 200_000],
  ] as const) {
    publish(world.write('main', { c: 'services', id, fields: { description: 'x'.repeat(length) } }));
  }
  const peer = new Peer();
  await peer.open();
  expect(peer.ws.extensions).toBe('');
  const last = new Promise<void>((resolve) => {
    peer.ws.on('message', (data: Buffer) => {
      if (data.includes('"last":true')) resolve();
      const count = peer.frames.filter((frame) => frame.t === 's').length;
      if (count > 0) peer.say({ t: 'a', n: count });
    });
  });
  peer.say({ t: 'hello', p: 1, client: 'test', token: 'read', subs: [{ t: 'sub', s: 1, c: 'services' }] });
  await last;
  const rows = peer.frames.flatMap((frame) => (frame.t === 's' ? frame.r : []));
  expect(rows.map(([, id, , fields]) => [id, JSON.stringify(fields['description']).length - 2])).toEqual([
    ['a', 1],
    ['b', 60],
    ['c', 300],
    ['d', 65_000],
    ['e', 70_000],
    ['f', 200_000],
  ]);
  peer.ws.terminate();
});

test.each([
  ['a binary message', (ws: WebSocket) => ws.send(Buffer.from('{"t":"p","i":1}')), 4500],
  ['a message above 64 KiB', (ws: WebSocket) => ws.send('x'.repeat(65_537)), 1009],
  [
    'more than 64 fragments',
    (ws: WebSocket) => {
      for (let i = 0; i < 70; i++) ws.send('x', { fin: false });
    },
    1008,
  ],
  ['a frame before hello', (ws: WebSocket) => ws.send('{"t":"p","i":1}'), 4500],
  ['a bad credential', (ws: WebSocket) => ws.send('{"t":"hello","p":1,"client":"x","token":"nope"}'), 4401],
  ['the raw bytes of a broken frame', (ws: WebSocket) => rawSocket(ws).write(Buffer.from([0xff, 0xff, 0xff])), 1002],
])('[SE7] %s closes the connection with its code', async (_, act, code) => {
  const peer = new Peer();
  await peer.open();
  const closed = peer.closed();
  act(peer.ws);
  expect(await closed).toBe(code);
});

test('[SE5] stopping says bye on real sockets too', async () => {
  const peer = new Peer();
  await peer.open();
  const [welcome, bye, closed] = [peer.next('welcome'), peer.next('bye'), peer.closed()];
  peer.say({ t: 'hello', p: 1, client: 'test', token: 'read' });
  await welcome;
  door.close();
  expect((await bye).code).toBe(4001);
  expect(await closed).toBe(4001);
  expect(door.gateway.stats.connections).toBe(0);
});

test('[OB4] 50 subscribers of one view each get every change', async () => {
  publish(world.write('main', { c: 'services', id: 'a', fields: { latencyMs: 0 } }));
  const peers = Array.from({ length: 50 }, () => new Peer());
  await Promise.all(peers.map((peer) => peer.open()));
  const ready = peers.map((peer) => peer.next('s'));
  for (const peer of peers)
    peer.say({ t: 'hello', p: 1, client: 'test', token: 'read', subs: [{ t: 'sub', s: 1, c: 'services', iv: 0 }] });
  await Promise.all(ready);
  for (let latencyMs = 1; latencyMs <= 5; latencyMs++) {
    const deltas = peers.map((peer) => peer.next('d'));
    publish(world.write('main', { c: 'services', id: 'a', fields: { latencyMs } }));
    for (const delta of await Promise.all(deltas)) expect(delta.o).toMatchObject([[1, latencyMs + 1, { latencyMs }]]);
  }
  for (const peer of peers) peer.ws.terminate();
});

/** The socket below a client, to send what no client would. */
function rawSocket(ws: WebSocket): Duplex {
  const socket: unknown = Reflect.get(ws, '_socket');
  assert(socket instanceof Duplex, 'an open client has a socket');
  return socket;
}
