import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient, type CoreClient } from '../client.ts';
import { FakeEnv } from '../testing/fake-env.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { StatusSyncService } from './status-sync.ts';

let env: FakeEnv;
let server: FakeServer;
let client: CoreClient;
let sync: StatusSyncService;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  client = createClient({ url: 'http://fake.test', env, dial: server.dial });
  sync = new StatusSyncService({ client });
});

afterEach(() => {
  sync.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
});

const mcp = {
  kind: 'mcp',
  phase: 'ready',
  health: 'healthy',
  reason: { text: '', code: '' },
  recent: { bar: '', ms: [] },
};
const link = {
  agent: 'a7',
  service: 's',
  phase: 'connected',
  fresh: 'live',
  health: 'healthy',
  latencyMs: 12,
  observedAt: 5,
};

test('[SY1] nothing is opened before something is subscribed, and one socket serves all topics', async () => {
  expect([sync.getConnectionStatus(), server.dials]).toEqual(['disconnected', 0]);
  sync.subscribe('admin:mcp:servers', () => undefined);
  sync.subscribe('agent:a7:connections', () => undefined);
  expect(sync.getConnectionStatus()).toBe('connecting');
  await env.settle();
  expect([sync.getConnectionStatus(), server.dials]).toEqual(['connected', 1]);
});

test('[SY2] every topic says what code of that kind expects of it', async () => {
  server.put('services', {
    ...mcp,
    id: 's',
    name: 'Shop',
    status: 'up',
    latencyMs: 20,
    recent: { bar: 'uudu', ms: [10, null, 20, 31] },
    observedAt: 7,
  });
  server.put('services', { ...mcp, id: 't', name: 'Tea', status: 'down', latencyMs: null, observedAt: null });
  server.put('services', { ...mcp, id: 'w', name: 'Web', kind: 'http', status: 'up', latencyMs: 900 });
  server.put('connections', { ...link, id: 'a7:s' });
  server.put('connections', { ...link, id: 'b8:s', agent: 'b8', fresh: 'expired', health: 'unknown' });
  server.put('connections', { ...link, id: 'a7:w', service: 'w' });
  const said: Record<string, unknown> = {};
  const topics = [
    'admin:mcp:servers',
    'admin:mcp:stats',
    'agent:b8:connections',
    'health:a7:s',
    'connection:a7:s:status',
    'connection:none:status',
    'server:s:connections',
    'server:s:metrics',
  ] as const;
  for (const topic of topics) sync.subscribe(topic, (data) => (said[topic] = data));
  await env.settle();
  expect(said).toEqual({
    'admin:mcp:servers': [
      {
        serverId: 's',
        name: 'Shop',
        status: 'up',
        state: 'ready',
        health: 'healthy',
        latency: 20,
        timestamp: 7,
        reason: '',
      },
      {
        serverId: 't',
        name: 'Tea',
        status: 'down',
        state: 'ready',
        health: 'healthy',
        latency: null,
        timestamp: null,
        reason: '',
      },
    ],
    'admin:mcp:stats': {
      totalTemplates: null,
      deployedServers: 2,
      activeServers: 1,
      totalConnections: 1,
      errorRate: 0.25,
      avgResponseTime: 20,
    },
    'agent:b8:connections': [
      {
        id: 'b8:s',
        agentId: 'b8',
        serverId: 's',
        status: 'disconnected',
        timestamp: 5,
        health: { status: 'unknown', latency: 12 },
      },
    ],
    'health:a7:s': { status: 'healthy', latency: 12 },
    'connection:a7:s:status': { connectionId: 'a7:s', status: 'connected', timestamp: 5 },
    'connection:none:status': { connectionId: 'none', status: 'unknown', timestamp: null },
    'server:s:connections': { serverId: 's', count: 1 },
    'server:s:metrics': {
      serverId: 's',
      status: 'up',
      connectionCount: 1,
      avgResponseTime: 20,
      errorRate: 0.25,
      lastActivity: 7,
    },
  });
});

test('[SY2] a topic that nobody knows is refused by name', () => {
  // @ts-expect-error -- plain JavaScript can say it.
  expect(() => sync.subscribe('admin:secrets', () => undefined)).toThrow('admin:secrets');
  expect(() => sync.subscribe('agent::connections', () => undefined)).toThrow('agent:<id>:connections');
});

test('[SY3] each change is told once to each callback, and one that says the same is not told', async () => {
  server.put('connections', { ...link, id: 'a7:s' });
  const said: string[] = [];
  sync.subscribe('connection:a7:s:status', ({ status }) => said.push(`one ${status}`));
  sync.subscribe('connection:a7:s:status', ({ status }) => said.push(`two ${status}`));
  await env.settle();
  expect(said).toEqual(['one connected', 'two connected']);
  server.put('connections', { id: 'a7:s', calls: 9 });
  expect(said).toHaveLength(2);
  server.put('connections', { id: 'a7:s', phase: 'failed' });
  expect(said.slice(2)).toEqual(['one error', 'two error']);
  server.cut();
  await env.advance(20_000);
  expect(said).toHaveLength(4);
});

test('[SY4] a late subscriber gets the last word, zero and empty ones too, and the cache knows how old it is', async () => {
  sync.subscribe('server:s:connections', () => undefined);
  sync.subscribe('agent:a7:connections', () => undefined);
  expect(sync.getCached('server:s:connections')).toBeNull();
  await env.settle();
  const said: unknown[] = [];
  sync.subscribe('server:s:connections', ({ count }) => said.push(count));
  sync.subscribe('agent:a7:connections', (rows) => said.push(rows));
  expect(said).toEqual([]);
  await env.settle();
  expect(said).toEqual([0, []]);
  expect(sync.getCached('server:s:connections')).toMatchObject({ data: { count: 0 }, version: 1, isLive: true });
  server.cut();
  expect(sync.getCached('server:s:connections')?.isLive).toBe(false);
});

test('[SY5] a callback that throws stops nobody', async () => {
  server.put('connections', { ...link, id: 'a7:s' });
  const said: string[] = [];
  await env.settle();
  sync.subscribe('connection:a7:s:status', () => {
    throw new Error('a mistake of the app');
  });
  sync.subscribe('connection:a7:s:status', ({ status }) => said.push(status));
  await env.settle();
  server.put('connections', { id: 'a7:s', phase: 'failed' });
  expect(said).toEqual(['connected', 'error']);
  expect(env.errors.splice(0).map(String)).toEqual(['Error: a mistake of the app', 'Error: a mistake of the app']);
});

test('[SY6] publishing is a report: nothing is applied here, the change comes once, and a refusal is the result', async () => {
  server.put('connections', { ...link, id: 'a7:s' });
  const said: string[] = [];
  sync.subscribe('connection:a7:s:status', ({ status }) => said.push(status));
  await env.settle();
  const done = sync.publishStatus('connection:a7:s:status', { status: 'error', timestamp: 9 });
  expect(said).toEqual(['connected']);
  await env.settle();
  expect(await done).toMatchObject({ ok: true });
  expect(said).toEqual(['connected', 'error']);
  expect(server.received.at(-1)).toMatchObject({ t: 'mut', name: 'report', f: { phase: 'failed', observedAt: 9 } });
  server.onCommand = () => ({ ok: false, code: 'forbidden', msg: 'not you' });
  const refused = sync.publishStatus('health:a7:s', { latency: 3 });
  await env.settle();
  expect(await refused).toMatchObject({ ok: false, code: 'forbidden' });
  expect(await sync.publishStatus('admin:mcp:stats', { status: 'up' })).toMatchObject({
    ok: false,
    code: 'unsupported',
  });
  expect(await sync.publishStatus('health:a7:s', { status: 'odd' })).toMatchObject({ ok: false, code: 'bad_field' });
  expect(said).toEqual(['connected', 'error']);
});

test('[SY7] the last unsubscribe ends the subscription; disconnect stays, and connect goes on with what is subscribed', async () => {
  server.put('connections', { ...link, id: 'a7:s' });
  const said: string[] = [];
  const { unsubscribe } = sync.subscribe('connection:a7:s:status', ({ status }) => said.push(status));
  const other = sync.subscribe('connection:a7:s:status', () => undefined);
  const states: string[] = [];
  const stop = sync.onConnectionChange(({ state }) => states.push(state));
  await env.settle();
  other.unsubscribe();
  other.unsubscribe();
  sync.disconnect();
  await env.advance(120_000);
  expect([sync.getConnectionStatus(), server.dials]).toEqual(['disconnected', 1]);
  server.put('connections', { id: 'a7:s', phase: 'failed' });
  sync.connect();
  await env.settle();
  expect([sync.getConnectionStatus(), said]).toEqual(['connected', ['connected', 'error']]);
  stop();
  unsubscribe();
  await env.advance(6_000);
  expect(server.subscriptions).toBe(0);
  expect(states.at(0)).toBe('connecting');
  expect(states.at(-1)).toBe('live');
});

test('[SY8] at most 200 topics are open', () => {
  for (let i = 0; i < 200; i += 1) sync.subscribe(`health:c${i}`, () => undefined);
  expect(() => sync.subscribe('health:more', () => undefined)).toThrow('limit 200');
  sync.subscribe('health:c0', () => undefined);
});
