import type { Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient, type Client } from '../create.ts';
import type { Dial } from '../connect/transport.ts';
import type { Env } from '../env.ts';
import type { TokenSource } from '../session/driver.ts';
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

  open(options: { visible?: boolean; token?: TokenSource; env?: (page: FakeTab) => Env; dial?: Dial } = {}): Tab {
    const page = this.browser.open(options.visible ?? true);
    const { token } = options;
    const sw = createClient({
      url: 'http://fake.test',
      tabs: 'auto',
      env: options.env?.(page) ?? page,
      dial: page.dial(options.dial ?? this.server.dial),
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

test('[TB3] callers by cookie begin as if they were alone, and share from then on without anything being sent twice', async () => {
  const world = new World();
  const first = world.open();
  await world.env.advance(0);
  // The rows came with the first answer, before the tab had a lock or a word from anybody.
  expect(world.server.received.map(({ t }) => t).slice(0, 1)).toEqual(['hello']);
  expect(world.server.received[0]).toMatchObject({ subs: [{ c: 'services' }] });
  await world.env.advance(1_000);
  expect(first.sw.connection.get().role).toBe('leader');
  expect([world.server.connections, world.server.dials]).toEqual([1, 1]);
  const second = world.open();
  const third = world.open();
  const states: string[] = [];
  second.sw.connection.subscribe(() => states.push(second.sw.connection.get().state));
  await world.env.advance(1_000);
  expect([second, third].map(({ sw }) => sw.connection.get().role)).toEqual(['follower', 'follower']);
  expect([world.server.connections, world.server.dials]).toEqual([1, 3]);
  // From the hello on they were live, also while they changed over.
  expect(states.slice(states.indexOf('live'))).toEqual(states.slice(states.indexOf('live')).map(() => 'live'));
  // Whoever asks again says where it stands.
  const again = world.server.received.filter(({ t }) => t === 'sub');
  expect(again.length).toBeGreaterThanOrEqual(3);
  for (const sub of again) expect(sub).toHaveProperty('since');
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(50);
  for (const tab of world.tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  await world.env.advance(120_000);
  world.server.beat();
  await world.env.advance(10);
  for (const tab of world.tabs) expect(tab.status()).toBe('live');
  world.end();
});

test('[TB3] [TB12] a command that is under way while a tab by cookie changes over is carried out once and answered', async () => {
  const world = new World();
  world.open();
  await world.env.advance(1_000);
  const second = world.open();
  let calls = 0;
  world.server.onCommand = ({ k, op }) => (op === 'call' ? { ok: true, v: (calls += 1), k } : null);
  const done = Array.from({ length: 8 }, () => second.sw.collection('services').call('a', 'bump'));
  await world.env.advance(2_000);
  expect((await Promise.all(done)).every(({ ok }) => ok)).toBe(true);
  expect(calls).toBe(8);
  expect(second.sw.connection.get().role).toBe('follower');
  world.end();
});

test('[TB3] a view that is still on its way keeps the tab on the connection that it began with', async () => {
  const world = new World();
  world.open();
  await world.env.advance(1_000);
  // A slow link: whoever changed over now would have to ask for all of it again.
  const slow: Dial = (url, events) =>
    world.server.dial(url, {
      ...events,
      text: (text) => void world.env.after(text.includes('"welcome"') ? 1 : 2_000, () => events.text(text)),
    });
  const second = world.open({ dial: slow });
  await world.env.advance(1_900);
  expect(second.sw.connection.get()).toMatchObject({ state: 'live', role: 'alone' });
  expect(world.server.connections).toBe(2);
  await world.env.advance(6_000);
  expect(second.sw.connection.get().role).toBe('follower');
  expect(world.server.connections).toBe(1);
  expect(second.sw.connection.get().failures).toBe(0);
  expect([second.status(), ...second.rows()]).toEqual(['live', ...world.truth()]);
  world.end();
});

test('[TB4] a caller by cookie who cannot have locks stays on the connection it began with', async () => {
  const world = new World();
  const tab = world.open({
    env: (page) => ({
      ...bareOf(page),
      channel: page.channel,
      lock: (_, __, events) => {
        page.later(() => events.lost());
        return { release: () => undefined };
      },
    }),
  });
  await world.env.advance(1_000);
  expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  expect(tab.sw.connection.get()).toMatchObject({ role: 'alone', failures: 0, transport: 'websocket' });
  expect(world.server.dials).toBe(1);
  world.server.cut();
  await world.env.advance(3_000);
  expect([world.server.connections, world.server.dials]).toEqual([1, 2]);
  expect(tab.status()).toBe('live');
  world.end();
});

test('[TB3] who signs out ends the connection of all, and each who then signs in as somebody else has their own', async () => {
  const world = new World();
  const [first, second] = [world.open(), world.open()];
  await world.env.advance(1_000);
  expect(world.server.connections).toBe(1);
  // Signed out: the server ends what was open under that cookie, and knows nobody by it.
  world.server.admits = () => false;
  world.server.cut(4401, 'auth_invalid');
  await world.env.advance(20_000);
  for (const tab of [first, second]) expect(tab.status()).not.toBe('live');
  expect(world.server.connections).toBe(0);
  world.server.admits = () => true;
  world.server.principal = 'somebody else';
  world.server.put('services', { id: 'd', status: 'theirs' });
  const third = world.open();
  await world.env.advance(1_000);
  expect([third.status(), ...third.rows()]).toEqual(['live', ...world.truth()]);
  // The others are asked for by hand, as their pages do when somebody signs in there.
  for (const { sw } of [first, second]) sw.reconnect();
  await world.env.advance(3_000);
  for (const tab of world.tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  expect(world.server.connections).toBe(1);
  world.end();
});

test('[TB3] a cookie that became somebody else’s in another tab shows nobody the rows of another', async () => {
  const world = new World();
  const first = world.open();
  await world.env.advance(1_000);
  // In another tab somebody signs out and somebody else in; this page has not noticed, nor has its connection.
  world.server.principal = 'somebody else';
  const second = world.open();
  await world.env.advance(1_000);
  expect(world.server.connections, 'two people, two connections').toBe(2);
  expect(second.sw.connection.get().role).toBe('leader');
  const heard = world.server.received.length;
  // Now the first page's connection is cut: whoever it comes back as, it is one person by then.
  world.server.cut();
  await world.env.advance(3_000);
  expect(world.server.received.length).toBeGreaterThan(heard);
  expect(world.server.connections).toBe(1);
  for (const tab of [first, second]) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  world.end();
});

test('[TB4] where tabs cannot find each other each has its own connection, and says nothing about it', async () => {
  const world = new World();
  const tabs = [
    world.open({ token: 'k', env: bareOf }),
    world.open({
      token: 'k',
      env: (page) => ({
        ...bareOf(page),
        lock: page.lock,
        channel: () => {
          throw new Error('not in an opaque origin');
        },
      }),
    }),
    world.open({
      token: 'k',
      env: (page) => ({
        ...bareOf(page),
        channel: page.channel,
        lock: (_, __, events) => {
          page.later(() => events.lost());
          return { release: () => undefined };
        },
      }),
    }),
  ];
  await world.env.advance(1_000);
  expect(world.server.connections).toBe(3);
  for (const tab of tabs) {
    expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
    expect(tab.sw.connection.get()).toMatchObject({ role: 'alone', failures: 0 });
  }
  world.server.cut();
  await world.env.advance(3_000);
  expect(world.server.connections).toBe(3);
  world.end();
});

test('[TB11] whoever signs out in the tab that leads takes the connection along and nothing from the others', async () => {
  const world = new World();
  const [leader, other] = [world.open({ token: 'k' }), world.open({ token: 'k' })];
  await world.env.advance(1_000);
  leader?.sw.close();
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(100);
  expect(leader?.rows()).not.toContain('a "down"');
  expect([other?.status(), ...(other?.rows() ?? [])]).toEqual(['live', ...world.truth()]);
  expect(world.server.connections).toBe(1);
  expect(world.server.tokens).toHaveLength(2);
  world.end();
});

test('[TB2] two people and two releases in one browser have connections of their own', async () => {
  const world = new World();
  world.open({ token: 'one' });
  world.open({ token: 'one' });
  world.open({ token: 'two' });
  await world.env.advance(1_000);
  expect(world.server.connections).toBe(2);
  world.end();
});

test('[TB12] commands of each tab are answered to it, and one that the end of a leader left unanswered is sent again', async () => {
  const world = new World();
  const [leader, other] = [world.open({ token: 'k' }), world.open({ token: 'k' })];
  await world.env.advance(1_000);
  const services = other?.sw.collection('services');
  const done = services?.patch('a', { status: 'down' });
  await world.env.advance(50);
  expect(await done).toMatchObject({ ok: true });
  world.server.isMute = true;
  const later = services?.patch('b', { status: 'down' });
  await world.env.advance(50);
  leader?.page.crash();
  await world.env.advance(50);
  world.server.isMute = false;
  world.server.flush();
  await world.env.advance(500);
  expect(await later).toMatchObject({ ok: true });
  const sent = world.server.received.filter((frame) => frame.t === 'mut').map(({ m }) => m);
  expect(new Set(sent).size).toBe(2);
  expect(sent).toHaveLength(3);
  world.end();
});

test('[TB7] [TB15] a frozen leader is followed: at once when it was told, after 15 s of silence when not', async () => {
  for (const isTold of [true, false]) {
    const world = new World();
    const [leader, other] = [world.open({ token: 'k' }), world.open({ token: 'k' })];
    await world.env.advance(1_000);
    leader?.page.freeze(isTold);
    await world.env.advance(isTold ? 100 : 13_000);
    expect(other?.sw.connection.get().role).toBe(isTold ? 'leader' : 'follower');
    world.server.put('services', { id: 'a', status: 'down' });
    await world.env.advance(isTold ? 100 : 7_000);
    expect(other?.sw.connection.get().role).toBe('leader');
    expect([other?.status(), ...(other?.rows() ?? [])]).toEqual(['live', ...world.truth()]);
    leader?.page.thaw();
    await world.env.advance(1_000);
    expect(leader?.sw.connection.get().role).toBe('follower');
    expect([leader?.status(), ...(leader?.rows() ?? [])]).toEqual(['live', ...world.truth()]);
    expect(world.server.connections).toBe(1);
    world.end();
  }
});

test('[TB15] a page that goes to the back-forward cache holds and waits for nothing, and comes back', async () => {
  const world = new World();
  const tab = world.open({ token: 'k' });
  await world.env.advance(1_000);
  tab.page.cache();
  expect(world.browser.pending).toEqual({ locks: 0, channels: 0 });
  expect(tab.page.sockets).toBe(0);
  const other = world.open({ token: 'k' });
  await world.env.advance(1_000);
  tab.page.restore();
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(1_000);
  expect(world.server.connections).toBe(1);
  for (const each of [tab, other]) expect([each.status(), ...each.rows()]).toEqual(['live', ...world.truth()]);
  world.end();
});

test('[TB6] the lead goes from a hidden tab to a visible one, and nobody sees it', async () => {
  const world = new World();
  const [first, second] = [world.open({ token: 'k' }), world.open({ token: 'k', visible: false })];
  await world.env.advance(1_000);
  const states: string[] = [];
  second?.sw.connection.subscribe(() => states.push(second.sw.connection.get().state));
  first?.page.signal('hidden');
  second?.page.signal('visible');
  await world.env.advance(9_000);
  expect(second?.sw.connection.get().role).toBe('follower');
  await world.env.advance(2_000);
  expect(second?.sw.connection.get().role).toBe('leader');
  expect(new Set(states)).toEqual(new Set(['live']));
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(6_000);
  for (const tab of world.tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  expect(world.server.connections).toBe(1);
  world.end();
});

test('[TB18] after another leader a server that numbers views anew is recognized, and its numbers are not mixed up', async () => {
  const world = new World();
  const [leader, other] = [world.open({ token: 'k' }), world.open({ token: 'k' })];
  let agents: readonly string[] = [];
  world.server.put('agents', { id: 'z' });
  other?.sw.collection('agents').subscribe(({ rows }) => (agents = rows.map(({ id }) => id)));
  await world.env.advance(1_000);
  leader?.page.crash();
  world.server.renumber();
  await world.env.advance(2_000);
  world.server.put('services', { id: 'a', status: 'down' });
  world.server.put('agents', { id: 'y' });
  await world.env.advance(2_000);
  expect([other?.status(), ...(other?.rows() ?? [])]).toEqual(['live', ...world.truth()]);
  expect(agents).toEqual(['z', 'y']);
  world.end();
});

test('[TB9] whatever is lost between tabs is noticed and asked for again', async () => {
  const world = new World();
  const [, other] = [world.open({ token: 'k' }), world.open({ token: 'k' })];
  await world.env.advance(1_000);
  let left = 1;
  world.browser.loses = () => left-- > 0;
  world.server.put('services', { id: 'a', status: 'down' });
  await world.env.advance(10);
  expect(other?.rows()).toContain('a "up"');
  world.server.put('services', { id: 'b', status: 'down' });
  await world.env.advance(500);
  expect([other?.status(), ...(other?.rows() ?? [])]).toEqual(['live', ...world.truth()]);
  world.end();
});

test('[TB17] a server that falls silent is found dead for all tabs at once', async () => {
  const world = new World();
  for (let i = 0; i < 3; i += 1) world.open({ token: 'k' });
  await world.env.advance(1_000);
  world.server.isMute = true;
  await world.env.advance(25_000);
  for (const tab of world.tabs) expect(tab.status()).not.toBe('live');
  world.server.isMute = false;
  world.server.flush();
  await world.env.advance(30_000);
  for (const tab of world.tabs) expect([tab.status(), ...tab.rows()]).toEqual(['live', ...world.truth()]);
  expect(world.server.connections).toBe(1);
  world.end();
});

test('[TB20] where a tab is is said again over each connection that carries it from then on', async () => {
  const world = new World();
  const enters = (): number =>
    world.server.received.filter((frame) => frame.t === 'mut' && frame.op === 'call' && frame.name === 'enter').length;
  const first = world.open();
  await world.env.advance(1_000);
  const second = world.open();
  second.sw.presence.enter('b');
  await world.env.advance(2_000);
  // On the connection it began with, and on the one of all.
  expect([second.sw.connection.get().role, enters()]).toEqual(['follower', 2]);
  first.page.crash();
  await world.env.advance(2_000);
  expect([second.sw.connection.get().role, enters()]).toEqual(['leader', 3]);
  second.sw.close();
  await world.env.advance(2_000);
  first.sw.close();
  first.page.errors.length = 0;
  world.end();
});

test('[TB20] where a tab was ends with the tab, and where another one is does not', async () => {
  const world = new World();
  const [first, second, third] = [world.open({ token: 'k' }), world.open({ token: 'k' }), world.open({ token: 'k' })];
  await world.env.advance(1_000);
  const here = (at: string): boolean => world.server.get('presences', `somebody-at-${at}`) !== undefined;
  first.sw.presence.enter('a');
  second.sw.presence.enter('a');
  third.sw.presence.enter('b');
  await world.env.advance(50);
  expect([here('a'), here('b')]).toEqual([true, true]);
  third.page.crash();
  await world.env.advance(1_000);
  expect([here('a'), here('b')]).toEqual([true, false]);
  second.sw.close();
  await world.env.advance(1_000);
  expect(here('a')).toBe(true);
  // Nobody runs in a page that crashed; what its client leaves behind is tidied up here.
  third.sw.close();
  third.page.errors.length = 0;
  world.end();
});

/** Surroundings without locks and channels. */
function bareOf(page: FakeTab): Env {
  return {
    now: () => page.now(),
    after: (ms, fn) => page.after(ms, fn),
    random: () => page.random(),
    uniqueId: () => page.uniqueId(),
    pageUrl: () => page.pageUrl(),
    isVisible: () => page.isVisible(),
    isOnline: () => page.isOnline(),
    listen: (fn) => page.listen(fn),
    openSocket: () => page.openSocket(),
    reportError: (error) => page.reportError(error),
  };
}
