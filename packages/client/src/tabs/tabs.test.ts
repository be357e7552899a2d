import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient, type Client } from '../create.ts';
import { FakeBrowser, FakeEnv, FakeServer, type FakeTab } from '../testing/index.ts';

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

  constructor() {
    this.env.chance = 0.4;
    for (const id of ['a', 'b', 'c']) this.server.put('services', { id, status: 'up' });
  }

  open(options: { visible?: boolean; token?: string } = {}): Tab {
    const page = this.browser.open(options.visible ?? true);
    const { token } = options;
    const sw = createClient({
      url: 'http://fake.test',
      tabs: 'auto',
      env: page,
      dial: page.dial(this.server.dial),
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
    return ['a', 'b', 'c', 'd'].flatMap((id) => {
      const row = this.server.get('services', id);
      return row === undefined ? [] : [`${id} ${JSON.stringify(row['status'])}`];
    });
  }

  end(): void {
    for (const { sw } of this.tabs) sw.close();
    expect(this.env.pending).toEqual({ timers: 0, listeners: 0 });
    expect(this.browser.pending).toEqual({ locks: 0, channels: 0 });
    for (const { page } of this.tabs) expect(page.errors).toEqual([]);
  }
}

test('[TB1] six tabs of one person have one connection, and each has its own truth', async () => {
  const world = new World();
  for (let i = 0; i < 6; i += 1) world.open({ token: 'sw_key' });
  await world.env.advance(1_000);
  expect(world.server.connections).toBe(1);
  expect(world.server.subscriptions).toBe(1);
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(10);
  for (const tab of world.tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', 'a "down"', 'b "up"', 'c "up"']);
  expect(world.tabs.map(({ sw }) => sw.connection.get().role)).toEqual(['leader', ...Array(5).fill('follower')]);
  await world.env.advance(120_000);
  world.server.beat();
  await world.env.advance(10);
  for (const tab of world.tabs) expect(tab.status()).toBe('live');
  world.end();
});

test('[TB10] when the leader crashes the others go on with another one and miss nothing', async () => {
  const world = new World();
  const [first, ...rest] = [world.open({ token: 'k' }), world.open({ token: 'k' }), world.open({ token: 'k' })];
  await world.env.advance(1_000);
  first?.page.crash();
  world.server.put('services', { id: 'b', status: 'down' });
  await world.env.advance(50);
  expect(world.server.connections).toBe(1);
  for (const tab of rest) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  world.end();
});

test('[TB3] callers by cookie share too, and the connection that asked is the one that stays', async () => {
  const world = new World();
  for (let i = 0; i < 3; i += 1) world.open();
  await world.env.advance(1_000);
  expect(world.server.connections).toBe(1);
  for (const tab of world.tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  expect(world.server.dials).toBe(3);
  world.end();
});
