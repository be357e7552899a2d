import type { Row } from '@statewire/protocol';
import { describe, expect, test } from 'vitest';
import { createClient, type CoreClient } from '../client.ts';
import { FakeEnv, FakeRequests, FakeServer } from '../testing/index.ts';
import type { CollectionState } from '../views/shown.ts';
import { dialGet } from './get.ts';
import { dialPoll } from './poll.ts';
import { dialSse } from './sse.ts';
import type { Dial, Transport } from './transport.ts';

/** As a name like any other: its records have fields of the test's own. */
const SERVICES: string = 'services';

/** Every way to a server, held to the same: whatever carries the texts, the replica is the server's. */
const ways: Readonly<Record<Transport, (env: FakeEnv, server: FakeServer) => Dial>> = {
  websocket: (_, server) => server.dial,
  sse: (env) => dialSse(env),
  poll: (env) => dialPoll(env),
  get: (env) => dialGet(env),
};
const kinds = ['websocket', 'sse', 'poll', 'get'] as const;

class World {
  readonly env = new FakeEnv();
  readonly server: FakeServer;
  readonly requests: FakeRequests;
  readonly client: CoreClient;
  token: string | (() => string) = 'good';

  constructor(
    kind: Transport,
    options: { readonly token?: () => string; readonly admits?: (token?: string) => boolean } = {},
  ) {
    this.server = new FakeServer({ now: () => this.env.now() + 5_000, chunkRows: 2, admits: options.admits });
    this.requests = new FakeRequests(this.server, this.env);
    this.env.fetch = this.requests.fetch;
    this.client = createClient({
      url: 'http://fake.test/base',
      env: this.env,
      token: options.token ?? 'good',
      dial: ways[kind](this.env, this.server),
    });
  }

  truth(): readonly Row[] {
    return ['a', 'b', 'c', 'd', 'e'].flatMap((id) => this.server.get('services', id) ?? []);
  }

  /** Time passes at a server that says so when it has nothing else to say. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10_000) {
      await this.env.advance(Math.min(left, 10_000));
      this.server.beat();
    }
  }

  /** Nothing is left of anything. */
  end(): void {
    this.client.close();
    expect(this.env.pending).toEqual({ timers: 0, listeners: 0 });
    expect(this.requests.open).toBe(0);
    expect(this.server.connections).toBe(0);
    expect(this.env.errors).toEqual([]);
  }
}

function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Long enough for each way to have told everything. */
const ROUND_MS = 6_000;

describe.each(kinds)('%s', (kind) => {
  test('[LA1] rows come, change and go, and a view tells each change once', async () => {
    const world = new World(kind);
    world.server.put('services', { id: 'a', status: 'up' });
    world.server.put('services', { id: 'b', status: 'down' });
    world.server.put('services', { id: 'c', status: 'up' });
    const states: CollectionState<Row>[] = [];
    const services = world.client.collection('services');
    const down = services.where(['eq', 'status', 'down']);
    const open = [services.subscribe((state) => void states.push(state)), down.subscribe(() => undefined)];
    await world.env.advance(ROUND_MS);
    expect(services.view().get().status).toBe('live');
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    world.server.put('services', { id: 'a', status: 'down' });
    world.server.remove('services', 'b');
    world.server.put('services', { id: 'd', status: 'up' });
    await world.env.advance(ROUND_MS);
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    expect(down.view().get().rows).toMatchObject([{ id: 'a', status: 'down' }]);
    const told = states.length;
    await world.pass(60_000);
    expect(states.slice(told).every(({ status }) => status === 'live')).toBe(true);
    expect(states.slice(told).filter(({ rows }) => rows !== states[told - 1]?.rows)).toEqual([]);
    expect(world.client.connection.get()).toMatchObject({ state: 'live', transport: kind });
    for (const each of open) each.close();
    world.end();
  });

  test('[LA1] a row that did not change is the same object, whatever is told around it', async () => {
    const world = new World(kind);
    for (const id of ['a', 'b', 'c']) world.server.put('services', { id, status: 'up' });
    const services = world.client.collection('services');
    const open = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    const before = sorted(services.view().get().rows);
    world.server.put('services', { id: 'b', status: 'down' });
    await world.env.advance(ROUND_MS);
    const after = sorted(services.view().get().rows);
    expect([after[0] === before[0], after[1] === before[1], after[2] === before[2]]).toEqual([true, false, true]);
    open.close();
    world.end();
  });

  test('[LA1] a command is carried out once and its change is on screen', async () => {
    const world = new World(kind);
    world.server.put('services', { id: 'a', name: 'A', status: 'up' });
    const services = world.client.collection('services');
    const open = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    const done = services.patch('a', { name: 'B' });
    await world.env.advance(ROUND_MS);
    expect(await done).toMatchObject({ ok: true });
    expect(services.view().get().rows).toMatchObject([{ id: 'a', name: 'B' }]);
    expect(world.server.get('services', 'a')).toMatchObject({ name: 'B' });
    expect(world.server.received.filter(({ t }) => t === 'mut')).toHaveLength(1);
    const none = services.patch('nobody', { name: 'B' });
    await world.env.advance(ROUND_MS);
    expect(await none).toMatchObject({ ok: false, code: 'not_found' });
    open.close();
    world.end();
  });

  test('[LA1] after a cut of any length everything goes on from where it stood, commands too', async () => {
    const world = new World(kind);
    world.server.put('services', { id: 'a', status: 'up' });
    const services = world.client.collection(SERVICES);
    const open = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    world.server.isUp = false;
    world.server.cut();
    world.requests.cut();
    const done = services.patch('a', { status: 'down' });
    await world.env.advance(120_000);
    expect(services.view().get().rows).toHaveLength(1);
    expect(world.client.connection.get().state).not.toBe('live');
    world.server.put('services', { id: 'b', status: 'up' });
    world.server.isUp = true;
    await world.env.advance(40_000);
    expect(await done).toMatchObject({ ok: true });
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    expect(services.view().get().status).toBe('live');
    open.close();
    world.end();
  });

  test('[LA1] another epoch, lost history and another caller are a new beginning', async () => {
    const world = new World(kind);
    world.server.put('services', { id: 'a', status: 'up' });
    const services = world.client.collection('services');
    const open = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    world.server.cut();
    world.requests.cut();
    world.server.startEpoch('e2');
    world.server.put('services', { id: 'b', status: 'up' });
    await world.env.advance(30_000);
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    world.server.forgetHistory();
    world.server.cut();
    world.requests.cut();
    world.server.put('services', { id: 'c', status: 'up' });
    world.server.remove('services', 'a');
    await world.env.advance(30_000);
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    world.server.principal = 'somebody else';
    world.server.cut();
    world.requests.cut();
    await world.env.advance(30_000);
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    expect(services.view().get().status).toBe('live');
    open.close();
    world.end();
  });

  test('[LA1] views come and go while it is live; equal ones written differently share one', async () => {
    const world = new World(kind);
    for (const id of ['a', 'b', 'c']) world.server.put('services', { id, status: id === 'a' ? 'up' : 'down' });
    const services = world.client.collection('services');
    const all = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    const one = services.where(['in', 'status', ['down', 'degraded']]);
    const two = services.where(['in', 'status', ['degraded', 'down']]);
    const open = [one.subscribe(() => undefined), two.subscribe(() => undefined)];
    await world.env.advance(ROUND_MS);
    for (const each of [one, two]) expect(sorted(each.view().get().rows).map(({ id }) => id)).toEqual(['b', 'c']);
    world.server.put('services', { id: 'a', status: 'down' });
    await world.env.advance(ROUND_MS);
    for (const each of [one, two]) {
      expect(sorted(each.view().get().rows).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
      expect(each.view().get().status).toBe('live');
    }
    open[1]?.close();
    await world.env.advance(20_000);
    world.server.put('services', { id: 'a', status: 'up' });
    await world.env.advance(ROUND_MS);
    expect(sorted(one.view().get().rows).map(({ id }) => id)).toEqual(['b', 'c']);
    open[0]?.close();
    all.close();
    await world.env.advance(20_000);
    world.end();
  });

  test('[LA1] a credential that is refused ends it as everywhere, and a fresh one begins it', async () => {
    let token = 'bad';
    const world = new World(kind, { token: () => token, admits: (shown) => shown === 'good' });
    world.server.put('services', { id: 'a', status: 'up' });
    const services = world.client.collection('services');
    const open = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    expect(world.client.connection.get()).toMatchObject({ error: { code: 'auth_invalid' } });
    expect(services.view().get().rows).toEqual([]);
    token = 'good';
    await world.env.advance(40_000);
    expect(services.view().get().rows).toHaveLength(1);
    open.close();
    world.end();
  });

  test('[LA1] silence is found out, and a hidden page is told too', async () => {
    const world = new World(kind);
    world.server.put('services', { id: 'a', status: 'up' });
    const services = world.client.collection('services');
    const open = services.subscribe(() => undefined);
    await world.env.advance(ROUND_MS);
    world.env.signal('hidden');
    world.server.put('services', { id: 'b', status: 'up' });
    await world.env.advance(16_000);
    if (kind === 'websocket') world.server.beat();
    expect(services.view().get().rows).toHaveLength(2);
    world.env.signal('visible');
    await world.env.advance(ROUND_MS);
    world.server.isMute = true;
    world.env.signal('focus');
    await world.env.advance(45_000);
    expect(world.client.connection.get().state).not.toBe('live');
    world.server.isMute = false;
    world.server.flush();
    await world.env.advance(40_000);
    expect(world.client.connection.get().state).toBe('live');
    expect(sorted(services.view().get().rows)).toEqual(world.truth());
    open.close();
    world.end();
  });
});

test('[LA2] held requests wait as long as silence is taken for life, and are answered by a change at once', async () => {
  const world = new World('poll');
  const open = world.client.collection('services').subscribe(() => undefined);
  await world.env.advance(ROUND_MS);
  world.env.visible = false;
  const before = world.requests.counts.poll;
  await world.env.advance(150_000);
  expect(world.requests.counts.poll - before).toBeLessThanOrEqual(16);
  world.server.put('services', { id: 'a', status: 'up' });
  await world.env.advance(100);
  expect(world.client.collection('services').view().get().rows).toHaveLength(1);
  open.close();
  world.end();
});

test('[LA2] where held requests are cut off, they are held for less, and nothing is missed', async () => {
  const world = new World('poll');
  world.requests.network.cutsAfterMs = 4_000;
  const open = world.client.collection('services').subscribe(() => undefined);
  await world.env.advance(30_000);
  const { dials } = world.server;
  for (const id of ['a', 'b', 'c']) {
    world.server.put('services', { id, status: 'up' });
    await world.env.advance(20_000);
    expect(sorted(world.client.collection('services').view().get().rows)).toEqual(world.truth());
  }
  expect(world.client.connection.get().state).toBe('live');
  expect(world.client.connection.get().failures).toBe(0);
  expect(world.server.dials - dials).toBeGreaterThan(10);
  open.close();
  world.end();
});

test('[LA3] a view that stays as it is costs an answer without a body', async () => {
  const world = new World('get');
  world.server.put('services', { id: 'a', status: 'up' });
  const open = world.client.collection('services').subscribe(() => undefined);
  await world.env.advance(ROUND_MS);
  const { view } = world.requests.counts;
  await world.env.advance(50_000);
  // Ten rounds of one view, and the probes.
  expect(world.requests.counts.view - view).toBeLessThanOrEqual(14);
  expect(world.requests.unchanged).toBeGreaterThanOrEqual(9);
  open.close();
  world.end();
});

test('[LA3] where nothing can be written, reading goes on', async () => {
  const world = new World('get');
  world.requests.network.blocked = new Set(['sse', 'cmd', 'poll']);
  world.server.put('services', { id: 'a', status: 'up' });
  const services = world.client.collection(SERVICES);
  const open = services.subscribe(() => undefined);
  await world.env.advance(ROUND_MS);
  void services.patch('a', { status: 'down' });
  await world.env.advance(60_000);
  world.server.put('services', { id: 'b', status: 'up' });
  await world.env.advance(ROUND_MS);
  expect(services.view().get().rows).toHaveLength(2);
  expect(world.client.connection.get().state).toBe('live');
  open.close();
  world.end();
});

test('[LA4] acknowledgements of a stream wait for company', async () => {
  const world = new World('sse');
  const open = world.client.collection('services').subscribe(() => undefined);
  await world.env.advance(ROUND_MS);
  const { cmd } = world.requests.counts;
  for (let i = 0; i < 100; i += 1) {
    world.server.put('services', { id: 'a', n: i });
    await world.env.advance(100);
  }
  expect(world.requests.counts.cmd - cmd).toBeLessThanOrEqual(13);
  const acks = world.server.received.flatMap((frame) => (frame.t === 'a' ? [frame.n] : []));
  expect(acks.at(-1)).toBeGreaterThanOrEqual(90);
  expect(acks).toEqual([...acks].sort((a, b) => a - b));
  open.close();
  world.end();
});

describe.each(['poll', 'get'] as const)('%s', (kind) => {
  test('[LA1] another process of the server, which numbers views the other way round, mixes none of them up', async () => {
    const world = new World(kind);
    for (const id of ['a', 'b']) world.server.put('services', { id, status: 'up' });
    const services = world.client.collection('services');
    const wishes = [services, services.where(['eq', 'status', 'down'])];
    for (const wish of wishes) wish.subscribe(() => undefined);
    await world.pass(ROUND_MS);
    world.server.renumber();
    world.server.put('services', { id: 'a', status: 'down' });
    await world.pass(30_000);
    const shown = wishes.map((wish) => [wish.view().get().status, ...sorted(wish.view().get().rows)]);
    expect(shown).toEqual([
      ['live', ...world.truth()],
      ['live', ...world.truth().filter((row) => row['status'] === 'down')],
    ]);
    world.end();
  });

  test('[LA9] a command is not carried out for whoever has signed in since the request before', async () => {
    const world = new World(kind);
    world.server.put('services', { id: 'a', status: 'up' });
    world.client.collection('services').subscribe(() => undefined);
    await world.pass(ROUND_MS);
    const asked: string[] = [];
    world.server.onCommand = ({ m }) => {
      asked.push(`${world.server.principal} ${m}`);
      return null;
    };
    world.server.principal = 'another';
    const done = world.client.collection(SERVICES).patch('a', { status: 'down' });
    await world.pass(30_000);
    expect(await done).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
    world.end();
  });
});
