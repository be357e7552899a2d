/**
 * The mistakes that status code usually makes, by the numbers of the list they were collected in: each title says what must
 * hold instead. Their neighbours are in the React package and in the server.
 */
import type { Row } from '@statewire/protocol';
import { describe, expect, test } from 'vitest';
import { createClient, type Client, type FullOptions } from './create.ts';
import type { CollectionState } from './views/shown.ts';
import { backoffMs } from './connect/backoff.ts';
import { dialWebSocket } from './connect/websocket.ts';
import { browserEnv, type SocketEvent, type SocketLike } from './env.ts';
import { StatusSyncService } from './status-sync/status-sync.ts';
import { FakeEnv } from './testing/fake-env.ts';
import { FakeServer } from './testing/fake-server.ts';

interface World {
  readonly env: FakeEnv;
  readonly server: FakeServer;
  readonly sw: Client;
}

function world(options: Partial<FullOptions> = {}): World {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  return { env, server, sw: createClient({ url: 'http://fake.test', env, dial: server.dial, ...options }) };
}

function watch({ sw }: World): CollectionState<Row>[] {
  const states: CollectionState<Row>[] = [];
  sw.collection('services').subscribe((state) => states.push(state));
  return states;
}

function end({ sw, env, server }: World): void {
  sw.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(server.connections).toBe(0);
  expect(env.errors).toEqual([]);
}

describe('connections', () => {
  test('T1 reconnection never stops: after a day without a server it is back, at once on a click, a wake or the network', async () => {
    for (const how of ['wait', 'click', 'online', 'visible'] as const) {
      const w = world();
      const states = watch(w);
      await w.env.settle();
      w.server.isUp = false;
      w.server.cut();
      await w.env.advance(3_600_000);
      w.env.jump(86_400_000 - 3_600_000);
      expect(w.server.dials).toBeGreaterThan(100);
      w.server.isUp = true;
      if (how === 'wait') await w.env.advance(15_000);
      else if (how === 'click') w.sw.reconnect();
      else {
        await w.env.advance(1_500);
        w.env.signal(how);
      }
      await w.env.settle();
      expect([how, states.at(-1)?.status]).toEqual([how, 'live']);
      end(w);
    }
  });

  test('T2 waits are spread over their whole range and bounded, and a time that the server names is kept', async () => {
    for (const failures of [0, 3, 8, 1_000]) {
      const bound = Math.min(15_000, 250 * 2 ** failures);
      const waits = Array.from({ length: 200 }, (_, i) => backoffMs(failures, i / 200));
      expect(Math.max(...waits)).toBeLessThanOrEqual(bound);
      expect(Math.min(...waits)).toBeLessThan(bound / 10);
      expect(new Set(waits).size).toBeGreaterThan(100);
    }
    const w = world();
    watch(w);
    await w.env.settle();
    w.server.say({ t: 'bye', code: 4001, after: 20_000 });
    w.server.cut(4001);
    await w.env.advance(19_900);
    expect(w.server.dials).toBe(1);
    await w.env.advance(10_000);
    expect(w.server.dials).toBe(2);
    end(w);
  });

  test('T3 a socket that is open and dead is found by its silence: first stale, then replaced', async () => {
    const w = world();
    const states = watch(w);
    await w.env.settle();
    w.server.isMute = true;
    await w.env.advance(60_000);
    expect(states.map(({ status }) => status)).toContain('stale');
    w.server.isMute = false;
    await w.env.advance(15_000);
    expect(w.server.dials).toBeGreaterThan(1);
    expect(states.at(-1)?.status).toBe('live');
    end(w);
  });

  test('T4 making a client opens nothing and needs no browser, so that it may stand in a module', async () => {
    const w = world();
    await w.env.advance(60_000);
    expect([w.server.dials, w.env.pending]).toEqual([0, { timers: 0, listeners: 0 }]);
    const sync = new StatusSyncService({ url: 'https://status.example.org', env: browserEnv() });
    expect(sync.getConnectionStatus()).toBe('disconnected');
    sync.close();
    end(w);
  });

  test('T9 after disconnect() nothing reconnects, whatever closes and however long it takes', async () => {
    const w = world();
    watch(w);
    await w.env.settle();
    w.sw.disconnect();
    w.server.cut();
    for (const signal of ['online', 'visible', 'focus'] as const) w.env.signal(signal);
    await w.env.advance(3_600_000);
    expect([w.server.dials, w.sw.connection.state]).toEqual([1, 'offline']);
    end(w);
  });

  test('T15 a connection that ends while it is being made is made again, however far it had come', async () => {
    for (const stage of ['refused', 'opened', 'greeted'] as const) {
      const w = world();
      if (stage === 'refused') w.server.isUp = false;
      else if (stage === 'greeted') w.server.isMute = true;
      else w.server.admits = () => false;
      const states = watch(w);
      await w.env.advance(500);
      w.server.cut();
      expect(states.at(-1)?.status).not.toBe('live');
      w.server.isUp = true;
      w.server.isMute = false;
      w.server.admits = () => true;
      if (stage === 'opened') w.sw.reconnect();
      await w.env.advance(15_000);
      expect([stage, states.at(-1)?.status]).toEqual([stage, 'live']);
      end(w);
    }
  });

  test('T23 each event of a socket has one handler, and what was asked before it opened is sent when it opens', async () => {
    const socket = new OneSocket();
    const env = new FakeEnv();
    const sw = createClient({ url: 'http://fake.test', env, dial: dialWebSocket({ openSocket: () => socket }) });
    sw.collection('services').subscribe(() => undefined);
    await env.settle();
    expect(socket.listeners.map(([type]) => type).sort()).toEqual(['close', 'error', 'message', 'open']);
    expect(socket.sent).toEqual([]);
    socket.readyState = 1;
    socket.fire('open');
    await env.settle();
    expect(socket.sent.map((text) => JSON.parse(text))).toMatchObject([{ t: 'hello', subs: [{ c: 'services' }] }]);
    sw.close();
  });

  test('T25 connected is what the connection itself knows, not an event that a server would have to send back', async () => {
    const w = world();
    const states: string[] = [];
    w.sw.connection.subscribe(() => states.push(w.sw.connection.state));
    w.sw.connect();
    await w.env.settle();
    expect([...new Set(states)]).toEqual(['connecting', 'live']);
    expect(w.server.received.filter(({ t }) => t !== 'hello' && t !== 'p')).toEqual([]);
    w.server.cut();
    expect(w.sw.connection.state).toBe('reconnecting');
    end(w);
  });

  test('T26 connecting while a connection is being made makes no second socket', async () => {
    const w = world({ token: () => Promise.resolve('key') });
    w.sw.connect();
    w.sw.connect();
    watch(w);
    watch(w);
    w.sw.reconnect();
    await w.env.settle();
    w.sw.connect();
    w.env.signal('online');
    await w.env.settle();
    expect([w.server.dials, w.server.connections]).toEqual([1, 1]);
    end(w);
  });

  test('T27 a token that has expired is asked for anew before each attempt, and in band while connected', async () => {
    let n = 0;
    const w = world({ token: () => jwt({ sub: 'ana', n: (n += 1) }) });
    const states = watch(w);
    await w.env.settle();
    w.server.admits = (token) => token === jwt({ sub: 'ana', n: 3 });
    w.server.cut();
    for (let i = 0; i < 60 && w.server.tokens.length < 3; i += 1) await w.env.advance(1_000);
    await w.env.advance(1_000);
    expect(w.server.tokens).toEqual([1, 2, 3].map((each) => jwt({ sub: 'ana', n: each })));
    console.log(
      states.map((s) => s.status),
      w.sw.connection.get(),
    );
    expect(states.at(-1)?.status).toBe('live');
    w.server.admits = () => true;
    const before = n;
    w.server.say({ t: 'auth', in: 60_000, why: 'expiring' });
    await w.env.settle();
    expect([n, w.server.connections]).toEqual([before + 1, 1]);
    expect(w.server.received.at(-1)).toMatchObject({ t: 'auth' });
    expect(states.at(-1)?.status).toBe('live');
    end(w);
  });
});

describe('data', () => {
  test('T5 a change is told once to each callback, also where a topic is made of several views', async () => {
    const w = world();
    const sync = new StatusSyncService({ client: w.sw });
    const said: number[] = [];
    w.server.put('services', { id: 's', kind: 'mcp', status: 'up', recent: { bar: '', ms: [] }, latencyMs: null });
    sync.subscribe('admin:mcp:stats', ({ activeServers }) => said.push(activeServers));
    await w.env.settle();
    w.server.commit([
      { collection: 'services', fields: { id: 's', status: 'down' } },
      { collection: 'connections', fields: { id: 'a:s', agent: 'a', service: 's', phase: 'failed' } },
    ]);
    await w.env.settle();
    expect(said).toEqual([1, 0]);
    end(w);
  });

  test('T6 a topic of several records carries an array, however few changed', async () => {
    const w = world();
    const sync = new StatusSyncService({ client: w.sw });
    const said: (readonly { readonly id: string }[])[] = [];
    w.server.put('connections', { id: 'a:1', agent: 'a', service: '1', phase: 'connected', health: 'healthy' });
    w.server.put('connections', { id: 'a:2', agent: 'a', service: '2', phase: 'connected', health: 'healthy' });
    sync.subscribe('agent:a:connections', (rows) => said.push(rows));
    await w.env.settle();
    w.server.put('connections', { id: 'a:2', phase: 'failed' });
    expect(said.map((rows) => rows.map(({ id }) => id))).toEqual([
      ['a:1', 'a:2'],
      ['a:1', 'a:2'],
    ]);
    end(w);
  });

  test('T7 zero, false and empty values are replayed to who comes late, with version and age', async () => {
    const w = world();
    w.server.put('services', { id: 'a', count: 0, text: '', flag: false });
    watch(w);
    await w.env.settle();
    const late = watch(w);
    expect(late[0]).toMatchObject({
      rows: [{ count: 0, text: '', flag: false }],
      status: 'live',
      version: 2,
      verifiedAt: w.env.now(),
    });
    end(w);
  });

  test('T8 a change of one’s own is applied once and taken back when it is refused, also when it was sent twice', async () => {
    const w = world();
    w.server.put('services', { id: 'a', name: 'A', n: 0 });
    const states = watch(w);
    await w.env.settle();
    const seen = (): unknown[] => states.filter(({ hasData }) => hasData).map((state) => state.get('a')?.['name']);
    const asked = w.sw.services.patch('a', { name: 'B' }, { optimistic: true });
    // The answer is lost with the connection: the same command goes out again, under the same id.
    await w.env.settle();
    expect(await asked).toMatchObject({ ok: true });
    w.server.isMute = true;
    const again = w.sw.services.patch('a', { name: 'C' }, { optimistic: true });
    await w.env.settle();
    w.server.cut();
    w.server.isMute = false;
    await w.env.advance(1_000);
    expect(await again).toMatchObject({ ok: true });
    const muts = w.server.received.filter((frame) => frame.t === 'mut').map(({ m }) => m);
    expect([muts.length, new Set(muts).size]).toEqual([3, 2]);
    expect(w.server.version).toBe(4);
    w.server.onCommand = () => ({ ok: false, code: 'forbidden', msg: 'not you' });
    const refused = w.sw.services.patch('a', { name: 'D' }, { optimistic: true });
    expect(seen().at(-1)).toBe('D');
    expect(await refused).toMatchObject({ ok: false, code: 'forbidden' });
    await w.env.settle();
    expect(seen().at(-1)).toBe('C');
    expect(seen().filter((name, i, all) => name !== all[i - 1])).toEqual(['A', 'B', 'C', 'D', 'C']);
    end(w);
  });

  test('T30 one listener leaving ends nothing for the others, and a reconnect brings every subscription back', async () => {
    const w = world();
    const stays = watch(w);
    const leaves = w.sw.collection('services').subscribe(() => undefined);
    w.sw.collection('agents').subscribe(() => undefined);
    await w.env.settle();
    leaves.close();
    await w.env.advance(10_000);
    w.server.cut();
    await w.env.advance(10_000);
    expect(w.server.subscriptions).toBe(2);
    w.server.put('services', { id: 'a' });
    expect(stays.at(-1)?.rows).toHaveLength(1);
    end(w);
  });

  test('T31 a key of a nested object that went away is gone, and what was not touched stays the same object', async () => {
    const w = world();
    w.server.put('services', { id: 'a', details: { error: 'refused', host: 'x' }, labels: { team: 'search' } });
    const states = watch(w);
    await w.env.settle();
    const before = states.at(-1)?.get('a');
    w.server.put('services', { id: 'a', details: { host: 'x' } });
    const after = states.at(-1)?.get('a');
    expect(after?.['details']).toEqual({ host: 'x' });
    expect(after?.['labels']).toBe(before?.['labels']);
    end(w);
  });

  test('T32 a change that comes before the first load is complete is not lost', async () => {
    const w = world();
    for (let i = 0; i < 250; i += 1) w.server.put('services', { id: `s${i}`, n: 0 });
    const states = watch(w);
    let isDone = false;
    w.sw.connection.subscribe(() => {
      if (isDone || w.sw.connection.state !== 'live') return;
      isDone = true;
      w.server.put('services', { id: 's7', n: 1 });
      w.server.remove('services', 's8');
    });
    await w.env.settle();
    expect(isDone).toBe(true);
    expect([states.at(-1)?.rows.length, states.at(-1)?.get('s7')?.['n'], states.at(-1)?.get('s8')]).toEqual([
      249,
      1,
      undefined,
    ]);
    end(w);
  });
});

function jwt(claims: object): string {
  return `h.${btoa(JSON.stringify(claims))}.s`;
}

class OneSocket implements SocketLike {
  readyState = 0;
  readonly sent: string[] = [];
  readonly listeners: [string, (event: SocketEvent) => void][] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
  }
  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.listeners.push([type, listener]);
  }
  fire(type: string, event: SocketEvent = {}): void {
    for (const [each, listener] of this.listeners) if (each === type) listener(event);
  }
}
