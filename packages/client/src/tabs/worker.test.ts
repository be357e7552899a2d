/** Tabs whose connection is a shared worker's. What they show is shown beside them, in tabs.test.ts. */
import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient, type Client } from '../create.ts';
import type { TokenSource } from '../session/driver.ts';
import { FakeBrowser, FakeEnv, FakeServer, type FakeTab } from '../testing/index.ts';
import { IDLE_MS } from './host.ts';
import { Hosts } from './hosts.ts';
import { shareDial, type ToWorker } from './share.ts';

interface Tab {
  readonly page: FakeTab;
  readonly sw: Client;
  rows(): readonly string[];
  status(): string;
}

class World {
  readonly env = new FakeEnv();
  readonly browser = new FakeBrowser(this.env);
  readonly server = new FakeServer({ now: () => this.env.now(), chunkRows: 2 });
  readonly tabs: Tab[] = [];
  /** The worker is a page that nobody sees; it lives until it is ended. */
  readonly worker = this.browser.open();
  readonly hosts = new Hosts(this.worker, () => this.worker.dial(this.server.dial));
  readonly told: unknown[] = [];

  constructor() {
    this.env.chance = 0.4;
    for (const id of ['a', 'b', 'c']) this.server.put('services', { id, status: 'up' });
  }

  readonly toWorker: ToWorker = (message) => {
    this.told.push(message);
    // As over a port: its own copy, and later.
    const copy: unknown = structuredClone(message);
    this.worker.later(() => this.hosts.take(copy));
  };

  open({ token, worker = this.toWorker }: { readonly token?: TokenSource; readonly worker?: ToWorker } = {}): Tab {
    const page = this.browser.open();
    const sw = createClient({
      url: 'http://fake.test',
      tabs: 'off',
      env: page,
      dial: shareDial(page, page.dial(this.server.dial), { tabs: 'worker', worker }),
      ...(token === undefined ? {} : { token }),
    });
    let shown: readonly Row[] = [];
    let status = '';
    sw.collection('services').subscribe((state) => {
      shown = state.rows;
      status = state.status;
    });
    const tab = {
      page,
      sw,
      rows: () => shown.map((row) => `${row.id} ${JSON.stringify(row['status'])}`),
      status: () => status,
    };
    this.tabs.push(tab);
    return tab;
  }

  truth(): readonly string[] {
    return ['a', 'b', 'c'].map((id) => `${id} ${JSON.stringify(this.server.get('services', id)?.['status'])}`);
  }

  areTrue(tabs: readonly Tab[] = this.tabs): void {
    for (const tab of tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...this.truth()]);
  }

  roles(): readonly string[] {
    return this.tabs.map(({ sw }) => sw.connection.get().role);
  }

  async end(): Promise<void> {
    for (const { sw } of this.tabs) sw.close();
    await this.env.advance(2 * IDLE_MS);
    this.hosts.close();
    expect(this.env.pending).toEqual({ timers: 0, listeners: 0 });
    expect(this.browser.pending).toEqual({ locks: 0, channels: 0 });
    for (const { page } of this.tabs) expect(page.errors).toEqual([]);
  }
}

test('[SW1] a worker holds the one connection of all tabs, and each has its own truth', async () => {
  for (const token of ['sw_key', undefined]) {
    const world = new World();
    for (let i = 0; i < 4; i += 1) world.open(token === undefined ? {} : { token });
    await world.env.advance(1_000);
    expect(world.server.connections).toBe(1);
    expect(world.worker.sockets).toBe(1);
    expect(world.roles()).toEqual(Array(4).fill('follower'));
    world.server.put('services', { id: 'a', status: 'down' });
    await world.env.advance(50);
    world.areTrue();
    await world.env.advance(120_000);
    world.server.beat();
    await world.env.advance(10);
    world.areTrue();
    // The one that came first goes, and nothing moves: it held nothing for the others.
    const [first, ...rest] = world.tabs;
    first?.page.crash();
    world.server.put('services', { id: 'b', status: 'down' });
    await world.env.advance(50);
    world.areTrue(rest);
    expect([world.server.connections, world.worker.sockets]).toEqual([1, 1]);
    world.tabs.shift();
    first?.sw.close();
    await world.end();
  }
});

test('[SW2] where there is no worker, and where it says nothing, tabs lead as ever', async () => {
  for (const worker of [(_: unknown, failed: () => void) => failed(), () => undefined] as const) {
    const world = new World();
    for (let i = 0; i < 3; i += 1) world.open({ token: 'k', worker });
    await world.env.advance(4_000);
    expect([...world.roles()].sort()).toEqual(['follower', 'follower', 'leader']);
    expect(world.server.connections).toBe(1);
    world.areTrue();
    await world.end();
  }
});

test('[SW2] a worker that crashes is followed by a tab, and nothing is missed', async () => {
  const world = new World();
  for (let i = 0; i < 3; i += 1) world.open({ token: 'k' });
  await world.env.advance(1_000);
  expect(world.worker.sockets).toBe(1);
  world.worker.crash();
  world.server.put('services', { id: 'c', status: 'down' });
  await world.env.advance(500);
  world.areTrue();
  expect([...world.roles()].sort()).toEqual(['follower', 'follower', 'leader']);
  expect(world.server.connections).toBe(1);
  await world.end();
});

test('[SW3] a worker leads each group by itself, and none longer than somebody has a line', async () => {
  const world = new World();
  const [one, two] = [world.open({ token: 'one' }), world.open({ token: 'two' })];
  await world.env.advance(1_000);
  expect([world.server.connections, world.worker.sockets]).toEqual([2, 2]);
  one.sw.close();
  await world.env.advance(2 * IDLE_MS);
  expect([world.server.connections, world.worker.sockets]).toEqual([1, 1]);
  world.areTrue([two]);
  // Who comes again is led again.
  const again = world.open({ token: 'one' });
  await world.env.advance(1_000);
  expect([world.server.connections, world.worker.sockets]).toEqual([2, 2]);
  world.areTrue([two, again]);
  await world.end();
});

test('[SW1] a cut, a server that restarts and one that is away end it for all, and all come back over the worker', async () => {
  const world = new World();
  for (let i = 0; i < 3; i += 1) world.open({ token: 'k' });
  await world.env.advance(1_000);
  world.server.cut();
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(3_000);
  world.areTrue();
  world.server.isUp = false;
  world.server.cut();
  await world.env.advance(5_000);
  world.server.isUp = true;
  world.server.put('services', { id: 'b', status: 'down' });
  await world.env.advance(30_000);
  world.areTrue();
  expect([world.server.connections, world.worker.sockets]).toEqual([1, 1]);
  await world.end();
});

test('[SW4] what a worker is told by whoever is read as from strangers', async () => {
  const world = new World();
  for (const raw of [
    null,
    7,
    'lead',
    {},
    { k: 'lead' },
    { k: 'lead', url: 1, group: 'g' },
    { k: 'lead', url: 'u', group: 'g', who: 3 },
  ])
    world.hosts.take(raw);
  await world.env.advance(1_000);
  expect(world.browser.pending).toEqual({ locks: 0, channels: 0 });
  await world.end();
});
