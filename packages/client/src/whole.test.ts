import { expect, test } from 'vitest';
import { ladder } from './connect/ladder.ts';
import type { Dial } from './connect/transport.ts';
import { createClient, type Client } from './create.ts';
import { FakeBrowser, FakeEnv, FakeRequests, FakeServer, type FakeTab } from './testing/index.ts';

/** Tabs of one person, with all transports. */
class World {
  readonly env = new FakeEnv();
  readonly browser = new FakeBrowser(this.env);
  readonly server = new FakeServer({ now: () => this.env.now(), chunkRows: 2 });
  readonly doors = new FakeRequests(this.server, this.env);
  readonly opened: Client[] = [];
  hasSockets = true;

  constructor() {
    for (const id of ['a', 'b', 'c']) this.server.put('services', { id, n: 0 });
  }

  readonly #socket: Dial = (url, events) => {
    if (this.hasSockets) return this.server.dial(url, events);
    const timer = this.env.after(5, () => events.closed(1006, ''));
    return { send: () => undefined, close: () => timer.cancel() };
  };

  open(): { readonly page: FakeTab; readonly sw: Client } {
    const page = this.browser.open();
    page.fetch = page.requests(this.doors.fetch);
    const dial = ladder(page, { dials: { websocket: page.dial(this.#socket) } });
    const sw = createClient({ url: 'http://fake.test', env: page, dial });
    sw.collection('services').subscribe(() => undefined);
    this.opened.push(sw);
    return { page, sw };
  }

  rows(sw: Client): readonly unknown[] {
    const { status, rows } = sw.collection('services').view().get();
    return [status, ...rows.map(({ id, n }) => `${id} ${JSON.stringify(n)}`)];
  }

  end(): void {
    for (const sw of this.opened) sw.close();
    expect(this.server.connections).toBe(0);
    expect(this.doors.open).toBe(0);
    expect(this.browser.pending).toEqual({ locks: 0, channels: 0 });
  }
}

test('[TB17] tabs over held requests, which carry only the newest probe, take it for the answer to all of theirs', async () => {
  const world = new World();
  world.hasSockets = false;
  world.doors.network.blocked = new Set(['sse']);
  const tabs = [world.open(), world.open(), world.open()];
  await world.env.advance(10_000);
  const states = new Set<string>();
  for (const { sw } of tabs) sw.connection.subscribe(() => states.add(sw.connection.get().state));
  for (const { page } of tabs) page.signal('focus');
  await world.env.advance(60_000);
  expect([...states].filter((state) => state !== 'live')).toEqual([]);
  for (const { sw } of tabs) expect(sw.connection.get()).toMatchObject({ state: 'live', transport: 'poll' });
  // Between two held requests there is none.
  expect(world.server.connections).toBeLessThanOrEqual(1);
  world.end();
});

test('[CQ2] tabs whose leader changes over to a better way say so at once, also when it asked by cookie who it is', async () => {
  const world = new World();
  world.hasSockets = false;
  const [leader, other] = [world.open(), world.open()];
  await world.env.advance(5_000);
  for (const { sw } of [leader, other]) expect(sw.connection.get().transport).toBe('sse');
  expect([leader.sw, other.sw].map((sw) => sw.connection.get().role)).toEqual(['leader', 'follower']);
  world.hasSockets = true;
  for (let ms = 0; leader.sw.connection.get().transport === 'sse' && ms < 120_000; ms += 100) {
    await world.env.advance(100);
    if (ms % 10_000 === 0) world.server.beat();
  }
  await world.env.advance(10);
  for (const { sw } of [leader, other])
    expect(sw.connection.get()).toMatchObject({ state: 'live', transport: 'websocket' });
  expect(world.server.connections).toBe(1);
  world.end();
});

test('[TB18] what the lead of another vouches for is not taken for what this tab has yet to be told', async () => {
  const world = new World();
  world.doors.network.blocked = new Set(['sse']);
  const [leader, other] = [world.open(), world.open()];
  await world.env.advance(1_000);
  // Said to the tab that leads alone: it ends before it can pass it on.
  world.browser.latencyMs = () => 50;
  world.server.put('services', { id: 'a', n: 1 });
  world.hasSockets = false;
  leader.page.crash();
  await world.env.advance(60_000);
  expect(other.sw.connection.get()).toMatchObject({ state: 'live', transport: 'poll', role: 'leader' });
  expect(world.rows(other.sw)).toEqual(['live', 'a 1', 'b 0', 'c 0']);
  world.end();
});

test.each(['disconnect', 'close', 'forget'] as const)(
  '[TB11] a leader that says %s leaves the others live, over one connection',
  async (how) => {
    const world = new World();
    world.hasSockets = false;
    const [leader, ...others] = [world.open(), world.open(), world.open()];
    await world.env.advance(5_000);
    expect(leader?.sw.connection.get().role).toBe('leader');
    await leader?.sw[how]();
    world.server.put('services', { id: 'a', n: 1 });
    await world.env.advance(10_000);
    for (const { sw } of others) expect(world.rows(sw)).toEqual(['live', 'a 1', 'b 0', 'c 0']);
    expect(others.map(({ sw }) => sw.connection.get().role).sort()).toEqual(['follower', 'leader']);
    expect(world.server.connections).toBe(1);
    world.end();
  },
);
