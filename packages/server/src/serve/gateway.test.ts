import { createServer, type Server } from 'node:http';
import { assert, decodeDownstream, SUBPROTOCOL, type Downstream } from '@statewire/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { World } from '../testing/world.ts';
import { attachLive, type LiveDoor } from './gateway.ts';
import { Hub } from '../publish/hub.ts';

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

test('[RS1] [RS2] [RS4] a tab gets a snapshot, then deltas, and after a cut exactly what it missed', async () => {
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
  expect(await missed).toMatchObject({ v: [2, 5], o: [[1, 3, { status: 'up' }]] });
  again.ws.close();
});
