import { closeNames } from '@statewire/protocol';
import { describe, expect, test } from 'vitest';
import { createClient, type Client, type FullOptions } from '../create.ts';
import type { Dial, Role, Transport, WireEvents } from '../connect/transport.ts';
import { Losses, qualityOf } from '../session/quality.ts';
import { FakeEnv } from '../testing/fake-env.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { reasonText } from './reason.ts';

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

test('[CQ1] each way not to be live has a reason, and a live connection has none', async () => {
  const { env, server, sw } = world();
  const reasons: (string | null)[] = [];
  sw.connection.subscribe(() => {
    const { reason } = sw.connection.get();
    if (reasons.at(-1) !== reason) reasons.push(reason);
  });
  expect(sw.connection.get().reason).toBe('unasked');
  sw.connect();
  await env.settle();
  server.isUp = false;
  server.cut();
  await env.advance(1_000);
  env.signal('offline');
  await env.advance(5_000);
  server.isUp = true;
  env.signal('online');
  await env.settle();
  env.signal('pagehide');
  env.signal('pageshow');
  await env.settle();
  sw.disconnect();
  sw.connect();
  await env.settle();
  sw.close();
  expect(reasons).toEqual([
    'connecting',
    null,
    'unavailable',
    'no_network',
    'unavailable',
    null,
    'asleep',
    null,
    'disconnected',
    'connecting',
    null,
    'closed',
  ]);
});

test('[CQ1] a token function that fails, and a server that falls silent, are told apart', async () => {
  let isBroken = true;
  const token = (): string => {
    if (isBroken) throw new Error('no session');
    return 'sw_read_1';
  };
  const { env, server, sw } = world({ token });
  sw.connect();
  await env.settle();
  expect(sw.connection.get()).toMatchObject({ reason: 'token_failed', error: { code: 'token_failed' } });
  isBroken = false;
  sw.reconnect();
  await env.settle();
  expect(sw.connection.get()).toMatchObject({ state: 'live', reason: null });
  server.isMute = true;
  await env.advance(20_000);
  expect(sw.connection.get().reason).toBe('silent');
  sw.close();
});

test('[CQ1] every code of ours has a sentence; of others the server has the word', () => {
  const codes = ['unasked', 'connecting', 'disconnected', 'no_network', 'unverified', 'unavailable', 'silent'];
  const more = ['no_welcome', 'token_failed', 'asleep', 'closed', 'auth_required', 'auth_invalid', 'auth_expired'];
  // `token_needed` is told as auth_required.
  const closes = Object.values(closeNames).filter((name) => name !== 'token_needed');
  for (const reason of [...codes, ...more, ...closes]) {
    const text = reasonText({ reason, error: { code: reason, message: 'the words of the server' } });
    expect(text, reason).toMatch(/^[A-Z].*\.$/);
  }
  expect(reasonText({ reason: 'unsupported', error: { code: 'unsupported', message: 'too new' } })).toBe('too new');
  expect(reasonText({ reason: 'constructor', error: null })).toBe('The connection ended: constructor.');
  expect(reasonText({ reason: null, error: null })).toBeNull();
});

test('[CQ2] transport and role are those of the wire as it is now', async () => {
  const { env, server } = world();
  const wire: { kind: Transport; role: Role } = { kind: 'sse', role: 'follower' };
  const wires: WireEvents[] = [];
  const dial: Dial = (url, given) => {
    wires.push(given);
    const inner = server.dial(url, given);
    return Object.assign(wire, { send: inner.send.bind(inner), close: inner.close.bind(inner) });
  };
  const sw = createClient({ url: 'http://fake.test', env, dial });
  expect(sw.connection.get()).toMatchObject({ transport: null, role: 'alone' });
  sw.connect();
  await env.settle();
  expect(sw.connection.get()).toMatchObject({ state: 'live', transport: 'sse', role: 'follower' });
  let told = 0;
  sw.connection.subscribe(() => (told += 1));
  Object.assign(wire, { kind: 'websocket', role: 'leader' });
  for (const each of wires) each.changed?.();
  expect(sw.connection.get()).toMatchObject({ transport: 'websocket', role: 'leader' });
  expect(told).toBe(1);
  sw.disconnect();
  expect(sw.connection.get()).toMatchObject({ transport: null, role: 'alone' });
  sw.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
});

test('[CQ2] a wire that says nothing of itself is a WebSocket of this tab alone', async () => {
  const { env, sw } = world();
  sw.connect();
  await env.settle();
  expect(sw.connection.get()).toMatchObject({ transport: 'websocket', role: 'alone' });
  sw.close();
});

describe('loss, lag and quality', () => {
  test('[CQ3] a silence that ends the connection is a loss; answers and watermarks are not', async () => {
    const { env, server, sw } = world();
    sw.connect();
    expect(sw.connection.get().lossPct).toBeNull();
    await env.settle();
    expect(sw.connection.get().lossPct).toBe(0);
    await env.advance(15_000);
    server.beat();
    await env.advance(16_000);
    // The first probe, a watermark, the probe after 30 s; then a watermark that does not come.
    expect(sw.connection.get()).toMatchObject({ state: 'live', lossPct: 0 });
    server.isMute = true;
    await env.advance(20_000);
    expect(sw.connection.get()).toMatchObject({ lossPct: 25, reason: 'silent', quality: null });
    server.isMute = false;
    await env.advance(20_000);
    // The sum goes on over the next connection.
    expect(sw.connection.get()).toMatchObject({ state: 'live', quality: 'poor' });
    expect(sw.connection.get().lossPct).toBeGreaterThan(0);
    sw.close();
  });

  test('[CQ3] a page that slept past its probes lost nothing', async () => {
    const { env, sw } = world();
    sw.connect();
    await env.settle();
    env.jump(3_600_000);
    env.signal('visible');
    await env.advance(5_000);
    expect(sw.connection.get()).toMatchObject({ state: 'live', lossPct: 0 });
    sw.close();
  });

  test('[CQ3] only the last 32 count', () => {
    const losses = new Losses();
    expect(losses.pct).toBeNull();
    losses.awaited(false);
    expect(losses.pct).toBe(100);
    for (let i = 0; i < 31; i += 1) losses.awaited(true);
    expect(losses.pct).toBe(3);
    losses.awaited(true);
    expect(losses.pct).toBe(0);
  });

  test('[CQ4] lag is the age of the newest change when it comes, by the clock of the server, for each view', async () => {
    const { env, server, sw } = world();
    server.put('services', { id: 'a', status: 'up' });
    server.put('jobs', { id: 'j', done: 1 });
    const services = sw.services.view();
    const jobs = sw.jobs.view();
    services.subscribe(() => undefined);
    jobs.subscribe(() => undefined);
    await env.settle();
    expect([services.lagMs, sw.connection.lagMs]).toEqual([null, null]);
    server.isMute = true;
    server.put('services', { id: 'a', status: 'down' });
    await env.advance(700);
    server.isMute = false;
    server.put('jobs', { id: 'j', done: 2 });
    expect([services.lagMs, jobs.lagMs, sw.connection.lagMs]).toEqual([700, 0, 700]);
    server.beat();
    expect([services.lagMs, sw.connection.get().lagMs]).toEqual([0, 0]);
    server.cut();
    expect([services.lagMs, sw.connection.lagMs]).toEqual([null, null]);
    server.put('services', { id: 'a', status: 'up' });
    await env.advance(60_000);
    // It came late because we were away.
    expect(services.get().status).toBe('live');
    expect(services.get().rows[0]).toMatchObject({ status: 'up' });
    expect(services.lagMs ?? 0).toBeLessThan(1_000);
    sw.close();
  });

  test.each([
    [null, null, null],
    [20, null, 'good'],
    [149, 0, 'good'],
    [150, 0, 'fair'],
    [20, 3, 'fair'],
    [499, 9, 'fair'],
    [500, 0, 'poor'],
    [20, 10, 'poor'],
  ] as const)('[CQ5] a round trip of %s ms and %s %% lost is %s', (rttMs, lossPct, quality) => {
    expect(qualityOf(rttMs, lossPct)).toBe(quality);
  });
});
