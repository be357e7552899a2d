import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient, type ClientOptions, type CoreClient } from '../client.ts';
import { FakeEnv, FakeRequests, FakeServer } from '../testing/index.ts';
import { ladder } from './ladder.ts';
import type { Dial, Transport } from './transport.ts';

/** As a name like any other: its records have fields of the test's own. */
const SERVICES: string = 'services';

/** What a network does to sockets. */
type Sockets = 'open' | 'refused' | 'mute' | { readonly livesMs: number };

class World {
  readonly env = new FakeEnv();
  readonly server: FakeServer;
  readonly requests: FakeRequests;
  readonly client: CoreClient;
  sockets: Sockets = 'open';
  /** Sockets that were tried. */
  tried = 0;
  readonly transports: (Transport | null)[] = [];

  constructor(options: Partial<ClientOptions> & { readonly transports?: readonly Transport[] } = {}) {
    this.server = new FakeServer({ now: () => this.env.now(), chunkRows: 2 });
    this.requests = new FakeRequests(this.server, this.env);
    this.env.fetch = this.requests.fetch;
    const { transports, ...rest } = options;
    this.client = createClient({
      url: 'http://fake.test',
      env: this.env,
      token: 'good',
      dial: ladder(this.env, { transports, dials: { websocket: this.#socket } }),
      ...rest,
    });
    this.client.connection.subscribe(() => {
      const { transport } = this.client.connection.get();
      if (this.transports.at(-1) !== transport) this.transports.push(transport);
    });
  }

  get transport(): Transport | null {
    return this.client.connection.get().transport;
  }

  readonly #socket: Dial = (url, events) => {
    this.tried += 1;
    const { sockets } = this;
    if (sockets === 'open') return this.server.dial(url, events);
    let isOver = false;
    if (sockets === 'mute') return { send: () => undefined, close: () => undefined };
    if (sockets === 'refused') {
      this.env.after(5, () => !isOver && events.closed(1006, ''));
      return { send: () => undefined, close: () => void (isOver = true) };
    }
    const wire = this.server.dial(url, events);
    const timer = this.env.after(sockets.livesMs, () => {
      wire.close(1006, '');
      events.closed(1006, '');
    });
    return {
      send: (text) => wire.send(text),
      close: (code, reason) => {
        timer.cancel();
        wire.close(code, reason);
      },
    };
  };

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      await this.env.advance(Math.min(left, 5_000));
      this.server.beat();
    }
  }

  rows(): readonly Row[] {
    return [...this.client.collection('services').view().get().rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  end(): void {
    this.client.close();
    expect(this.env.pending).toEqual({ timers: 0, listeners: 0 });
    expect(this.requests.open).toBe(0);
    expect(this.server.connections).toBe(0);
    expect(this.env.errors).toEqual([]);
  }
}

function watch(world: World): () => void {
  const open = world.client.collection('services').subscribe(() => undefined);
  return () => open.close();
}

test('[LA5] a network that lets sockets through is used over a socket, and no request is made', async () => {
  const world = new World();
  const stop = watch(world);
  await world.pass(60_000);
  expect(world.transport).toBe('websocket');
  expect(world.requests.counts).toEqual({ sse: 0, cmd: 0, poll: 0, view: 0 });
  stop();
  world.end();
});

test.each([
  ['upgrades are refused', 'refused', {}, 'sse'],
  ['upgrades are never answered', 'mute', {}, 'sse'],
  ['upgrades are refused and answers gathered', 'refused', { gathers: true }, 'poll'],
  ['upgrades are never answered and answers gathered', 'mute', { gathers: true }, 'poll'],
  ['streams are blocked', 'refused', { blocked: new Set(['sse']) }, 'poll'],
  ['everything but plain reading is blocked', 'refused', { blocked: new Set(['sse', 'poll', 'cmd']) }, 'get'],
] as const)(
  '[LA5] where %s it is live within one attempt, by the best of the rest',
  async (_, sockets, network, kind) => {
    const world = new World();
    world.sockets = sockets;
    Object.assign(world.requests.network, network);
    world.server.put('services', { id: 'a', status: 'up' });
    const stop = watch(world);
    await world.env.advance(9_900);
    expect(world.transport).toBe(kind);
    expect(world.client.connection.get()).toMatchObject({ state: 'live', failures: 0 });
    expect(world.rows()).toHaveLength(1);
    world.server.put('services', { id: 'b', status: 'up' });
    await world.env.advance(6_000);
    expect(world.rows()).toHaveLength(2);
    stop();
    world.end();
  },
);

test('[LA6] a server that is away, for long or often, moves nobody: a socket it was, a socket it is', async () => {
  const world = new World();
  const stop = watch(world);
  await world.pass(5_000);
  for (const awayMs of [500, 3_000, 300_000]) {
    world.server.isUp = false;
    world.server.cut();
    await world.env.advance(awayMs);
    world.server.isUp = true;
    await world.pass(40_000);
    expect(world.transport).toBe('websocket');
    expect(world.client.connection.get().state).toBe('live');
  }
  expect(world.requests.counts.poll).toBe(0);
  stop();
  world.end();
});

test('[LA6] what worked is begun with the next time', async () => {
  const world = new World();
  world.sockets = 'refused';
  const stop = watch(world);
  await world.pass(10_000);
  const { tried } = world;
  world.server.cut();
  world.requests.cut();
  await world.env.advance(2_000);
  expect(world.transport).toBe('sse');
  expect(world.tried).toBe(tried);
  stop();
  world.end();
});

test('[LA7] connections that are cut early again and again lead one rung down', async () => {
  const world = new World();
  world.sockets = { livesMs: 1_000 };
  world.server.put('services', { id: 'a', status: 'up' });
  const stop = watch(world);
  await world.pass(20_000);
  expect(world.transport).toBe('sse');
  expect(world.rows()).toHaveLength(1);
  stop();
  world.end();
});

test('[LA7] a network that ends every connection after half a minute stays on sockets', async () => {
  const world = new World();
  world.sockets = { livesMs: 30_000 };
  const stop = watch(world);
  for (let i = 0; i < 20; i += 1) {
    world.server.put('services', { id: 'a', n: i });
    await world.pass(10_000);
    expect(world.rows()).toMatchObject([{ n: i }]);
  }
  expect(world.requests.counts.sse).toBe(0);
  stop();
  world.end();
});

test.each(['sse', 'poll', 'get'] as const)(
  '[LA8] from %s it changes over to a socket when that comes through, and nobody notices',
  async (kind) => {
    const world = new World();
    world.sockets = 'refused';
    if (kind !== 'sse') world.requests.network.blocked = new Set(kind === 'poll' ? ['sse'] : ['sse', 'poll', 'cmd']);
    for (const id of ['a', 'b', 'c']) world.server.put('services', { id, n: 0 });
    const statuses = new Set<string>();
    const states = new Set<string>();
    const services = world.client.collection('services');
    const open = services.subscribe(({ status }) => void statuses.add(status));
    await world.pass(10_000);
    expect(world.transport).toBe(kind);
    const before = world.rows();
    statuses.clear();
    world.client.connection.subscribe(() => void states.add(world.client.connection.get().state));
    world.sockets = 'open';
    let n = 0;
    for (let i = 0; i < 60 && world.transport !== 'websocket'; i += 1) {
      n += 1;
      world.server.put('services', { id: 'a', n });
      await world.env.advance(1_000);
    }
    expect(world.transport).toBe('websocket');
    await world.env.advance(200);
    expect(world.rows()).toMatchObject([{ id: 'a', n }, { id: 'b' }, { id: 'c' }]);
    expect(world.rows()[1]).toBe(before[1]);
    world.server.put('services', { id: 'a', n: 1_000 });
    await world.env.advance(200);
    expect(world.rows()).toMatchObject([{ n: 1_000 }, {}, {}]);
    expect([...statuses]).toEqual(['live']);
    expect([...states]).toEqual(['live']);
    // Acknowledgements are counted by the new one from its own beginning.
    await world.pass(30_000);
    expect(world.client.connection.get()).toMatchObject({ state: 'live', failures: 0 });
    open.close();
    world.end();
  },
);

test('[LA8] commands, views and probes under way are carried over', async () => {
  const world = new World();
  world.sockets = 'refused';
  world.server.put('services', { id: 'a', n: 0 });
  const stop = watch(world);
  await world.pass(10_000);
  expect(world.transport).toBe('sse');
  world.sockets = 'open';
  // Upstream is stuck from here on: what is said waits for the other carrier.
  world.requests.network.stalled = new Set(['cmd']);
  world.env.signal('online');
  await world.env.advance(990);
  const done = world.client.collection(SERVICES).patch('a', { n: 7 });
  const other = world.client.collection('agents').subscribe(() => undefined);
  world.server.put('agents', { id: 'x', name: 'x' });
  await world.env.advance(3_000);
  expect(world.transport).toBe('websocket');
  expect(await done).toMatchObject({ ok: true });
  expect(world.server.get('services', 'a')).toMatchObject({ n: 7 });
  expect(world.client.collection('agents').view().get().rows).toHaveLength(1);
  other.close();
  stop();
  world.end();
});

test('[LA8] after the network changed it looks up at once', async () => {
  const world = new World();
  world.sockets = 'refused';
  const stop = watch(world);
  await world.pass(300_000);
  world.sockets = 'open';
  world.env.signal('online');
  await world.env.advance(1_100);
  expect(world.transport).toBe('websocket');
  stop();
  world.end();
});

test('[LA8] a better rung that does not hold is left for the one that did', async () => {
  const world = new World();
  world.sockets = 'refused';
  const stop = watch(world);
  await world.pass(10_000);
  world.sockets = { livesMs: 1_000 };
  await world.pass(600_000);
  expect(world.transport).toBe('sse');
  // Ever more seldom: not every half minute.
  expect(world.tried).toBeLessThan(12);
  stop();
  world.end();
});

test('[LA9] when the better rung speaks to somebody else, or of another history, everything begins anew', async () => {
  for (const what of ['somebody', 'history'] as const) {
    const world = new World();
    world.sockets = 'refused';
    world.server.put('services', { id: 'a', n: 0 });
    const stop = watch(world);
    await world.pass(10_000);
    const done = world.client.collection(SERVICES).patch('a', { n: 7 });
    await world.env.advance(1_500);
    expect(await done).toMatchObject({ ok: true });
    if (what === 'somebody') world.server.principal = 'another';
    else world.server.epoch = 'e9';
    world.sockets = 'open';
    world.env.signal('online');
    await world.pass(20_000);
    expect(world.client.connection.get()).toMatchObject({ state: 'live', transport: 'websocket' });
    expect(world.rows()).toMatchObject([{ id: 'a', n: 7 }]);
    stop();
    world.end();
  }
});

test('[LA5] only the ways that are allowed are taken', async () => {
  const world = new World({ transports: ['poll'] });
  const stop = watch(world);
  await world.pass(120_000);
  expect(world.transport).toBe('poll');
  expect(world.tried + world.requests.counts.sse + world.requests.counts.view).toBe(0);
  stop();
  world.end();
});

test('[LA5] where no requests can be made there are sockets, and where sockets throw there are requests', async () => {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  const requests = new FakeRequests(server, env);
  const throws: Dial = () => {
    throw new Error('no sockets here');
  };
  for (const fetch of [undefined, requests.fetch]) {
    env.fetch = fetch;
    const dial = ladder(env, { dials: { websocket: fetch === undefined ? server.dial : throws } });
    const sw = createClient({ url: 'http://fake.test', env, dial });
    sw.connect();
    await env.advance(5_000);
    expect(sw.connection.get()).toMatchObject({ state: 'live', transport: fetch === undefined ? 'websocket' : 'sse' });
    sw.close();
    expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  }
});

test('[LA7] answers that are gathered after a while are found out by the probe', async () => {
  const world = new World();
  world.sockets = 'refused';
  const stop = watch(world);
  await world.pass(10_000);
  expect(world.transport).toBe('sse');
  world.requests.network.gathers = true;
  await world.pass(120_000);
  expect(world.transport).toBe('poll');
  stop();
  world.end();
});
