import { collectionOf } from '@statewire/model';
import { isJsonObject, type JsonObject } from '@statewire/protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { Limits } from '../../../lib/limits.ts';
import { settle } from '../../../testing/fake-clock.ts';
import { granted } from '../../../testing/granted.ts';
import { World } from '../../../testing/world.ts';
import type { Mutate } from '../../session.ts';
import { PACK } from './pack.ts';
import { isPlain, TopicSocket } from './socket.ts';
import { templateSchema } from './template.ts';

const LINK = { agent: 'a7', service: 'shop', phase: 'connected', fresh: 'live', health: 'healthy', latencyMs: 12 };
const CALM = { observedAt: 5, kind: 'mcp', recent: { bar: 'uuud', ms: [10, 20, 30, null] } };

interface Desk {
  readonly world: World;
  readonly said: JsonObject[];
  readonly closed: number[];
  readonly socket: TopicSocket;
  readonly pipe: { queuedBytes: number; pings: number };
  readonly say: (message: unknown) => Promise<void>;
  readonly step: (ms?: number) => Promise<void>;
  /** What was said of a topic since the last time. */
  readonly of: (topic: string) => unknown[];
}

function desk(more: { token?: string | null; limits?: Partial<Limits>; mutate?: Mutate; world?: World } = {}): Desk {
  const world = more.world ?? new World({ limits: more.limits, mutate: more.mutate });
  onTestFinished(() => world.close());
  const said: JsonObject[] = [];
  const closed: number[] = [];
  const pipe = {
    queuedBytes: 0,
    pings: 0,
    text: (text: string): void => {
      const message: unknown = JSON.parse(text);
      if (isJsonObject(message)) said.push(message);
    },
    bytes: () => {},
    ping: () => void (pipe.pings += 1),
    close: (code: number) => closed.push(code),
  };
  const { clock, limits, gateway } = world;
  const socket = new TopicSocket({ clock, limits, sessions: gateway, of: collectionOf, templates: PACK }, pipe, {
    token: more.token === undefined ? 'admin' : more.token,
    visitor: { origin: null, host: null, cookie: null },
  });
  const step = async (ms = 0): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      clock.advance(turn === 0 ? ms : 0);
    }
  };
  return {
    world,
    said,
    closed,
    socket,
    pipe,
    step,
    say: async (message) => {
      socket.receive(typeof message === 'string' ? message : JSON.stringify(message));
      await step();
    },
    of: (topic) => said.splice(0).flatMap((each) => (each['topic'] === topic ? [each['data']] : [])),
  };
}

test('[PT1] a topic is told whole when it is joined, and again as its records change', async () => {
  const { world, say, step, of, said } = desk();
  world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK }, { c: 'services', id: 'shop', fields: CALM });
  await say({ type: 'subscribe', topic: 'agent:a7:connections' });
  expect(said[0]).toEqual({ type: 'subscribed', subject: 'agent:a7:connections' });
  const link = { id: 'a7:shop', agentId: 'a7', serverId: 'shop', timestamp: null };
  expect(said[1]).toEqual({
    topic: 'agent:a7:connections',
    type: 'agent_connections',
    data: [{ ...link, status: 'connected', health: { status: 'healthy', latency: 12 } }],
  });
  said.splice(0);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { phase: 'failed', health: 'unhealthy' } });
  world.write('main', { c: 'connections', id: 'b8:shop', fields: { ...LINK, agent: 'b8' } });
  await step(200);
  expect(of('agent:a7:connections')).toEqual([
    [{ ...link, status: 'error', health: { status: 'critical', latency: 12 } }],
  ]);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: null });
  await step(200);
  expect(of('agent:a7:connections')).toEqual([[]]);
});

test('[PT1] a change of what a topic does not say is not told', async () => {
  const { world, say, step, of } = desk();
  world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK });
  await say({ type: 'subscribe', topic: 'connection:a7:shop:status' });
  expect(of('connection:a7:shop:status')).toMatchObject([{ connectionId: 'a7:shop', status: 'connected' }]);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { latencyMs: 99 } });
  await step(200);
  expect(of('connection:a7:shop:status')).toEqual([]);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { fresh: 'expired' } });
  await step(200);
  expect(of('connection:a7:shop:status')).toMatchObject([{ status: 'disconnected' }]);
});

test('[PT2] the topics of the well-known status services are made of views, as data', async () => {
  const { world, say, of } = desk();
  world.write(
    'main',
    { c: 'services', id: 'shop', fields: { ...CALM, name: 'Shop', status: 'up', health: 'healthy', latencyMs: 20 } },
    { c: 'services', id: 'site', fields: { ...CALM, kind: 'http', status: 'down' } },
    { c: 'connections', id: 'a7:shop', fields: LINK },
    { c: 'connections', id: 'b8:shop', fields: { ...LINK, agent: 'b8', phase: 'failed', health: 'degraded' } },
  );
  const told = async (topic: string): Promise<unknown[]> => {
    await say({ type: 'subscribe', topic });
    return of(topic);
  };
  expect(await told('admin:mcp:stats')).toEqual([
    {
      totalTemplates: null,
      deployedServers: 1,
      activeServers: 1,
      totalConnections: 1,
      errorRate: 0.25,
      avgResponseTime: 20,
    },
  ]);
  expect(await told('admin:mcp:servers')).toMatchObject([[{ serverId: 'shop', name: 'Shop', status: 'up' }]]);
  expect(await told('server:shop:connections')).toEqual([{ serverId: 'shop', count: 1 }]);
  expect(await told('server:shop:metrics')).toEqual([
    { serverId: 'shop', status: 'up', connectionCount: 1, avgResponseTime: 20, errorRate: 0.25, lastActivity: 5 },
  ]);
  expect(await told('health:b8:shop')).toMatchObject([{ connectionId: 'b8:shop', status: 'warning', latency: 12 }]);
  expect(await told('health:no:such')).toMatchObject([{ connectionId: 'no:such', status: 'unknown', latency: null }]);
  for (const template of PACK) expect(templateSchema.safeParse(template)).toMatchObject({ success: true });
});

test('[PT3] a channel tells each change with what was before, by a filter of tables', async () => {
  const { world, say, step, of, said } = desk();
  world.write('main', { c: 'services', id: 'shop', fields: { ...CALM, status: 'up' } });
  const filters = { table: 'account_tool_instances', filter: 'mcp_server_type=not.is.null,id=neq.hidden' };
  await say({ type: 'subscribe', channel: 'mcp_server_status', filters });
  expect(said[1]).toMatchObject({ type: 'status_update' });
  expect(of('mcp_server_status')).toMatchObject([{ server_id: 'shop', old_status: null, new_status: 'up' }]);
  world.write('main', { c: 'services', id: 'shop', fields: { status: 'down' } });
  world.write('main', { c: 'services', id: 'hidden', fields: { ...CALM, status: 'down' } });
  await step(200);
  expect(of('mcp_server_status')).toMatchObject([{ server_id: 'shop', old_status: 'up', new_status: 'down' }]);
  world.write('main', { c: 'services', id: 'shop', fields: null });
  await step(200);
  expect(of('mcp_server_status')).toEqual([{ server_id: 'shop', old_status: 'down', new_status: 'removed' }]);
  for (const wrong of [
    { table: 'alerts', filter: '' },
    { table: 'account_tool_instances', filter: 'nothing=eq.1' },
    { table: 'account_tool_instances', filter: '', more: 1 },
    'x',
  ]) {
    said.splice(0);
    await say({ type: 'subscribe', channel: 'mcp_server_status', filters: wrong });
    expect(said).toMatchObject([{ type: 'error', code: 'bad_filter', subject: 'mcp_server_status' }]);
  }
});

test('[PT4] nothing is told to whoever shows no good credential, nor after it ended', async () => {
  for (const token of [null, 'wrong']) {
    const { say, said, closed, world } = desk({ token });
    world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK });
    await say({ type: 'subscribe', topic: 'agent:a7:connections' });
    expect(said).toMatchObject([{ type: 'error', code: token === null ? 'auth_required' : 'auth_invalid' }]);
    expect(closed).toEqual([4401]);
  }
  const { world, say, said, step, closed } = desk({ token: null });
  world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK });
  await say({ type: 'auth', token: 'admin' });
  await say({ type: 'subscribe', topic: 'agent:a7:connections' });
  expect(said).toHaveLength(2);
  world.gateway.revise('admin', null);
  await step();
  expect(said.slice(2)).toMatchObject([{ type: 'error', code: 'auth_invalid' }]);
  expect(closed).toEqual([4401]);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { phase: 'failed' } });
  await step(500);
  expect(said).toHaveLength(3);
});

test('[PT4] a topic ends in words when its records may not be seen any more, and the others go on', async () => {
  const { world, say, step, said, of } = desk();
  world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK }, { c: 'services', id: 'shop', fields: CALM });
  await say({ type: 'subscribe', topic: 'agent:a7:connections' });
  await say({ type: 'subscribe', topic: 'admin:mcp:servers' });
  said.splice(0);
  const admin = world.principals.get('admin');
  if (admin === undefined) throw new Error('there is an admin');
  world.gateway.revise('admin', { ...admin, permissions: ['services:read'] });
  await step();
  expect(said).toMatchObject([{ type: 'error', code: 'forbidden', subject: 'agent:a7:connections' }]);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { phase: 'failed' } });
  world.write('main', { c: 'services', id: 'shop', fields: { status: 'down' } });
  await step(200);
  expect(of('admin:mcp:servers')).toMatchObject([[{ status: 'down' }]]);
  await say({ type: 'subscribe', topic: 'agent:a7:connections' });
  expect(said).toMatchObject([{ type: 'error', code: 'forbidden' }]);
});

test('[PT4] a caller of another organization hears of none of it', async () => {
  const { world, say, of, step } = desk({ token: 'other' });
  world.principals.set('other', { ...stranger(), permissions: granted(['read']) });
  world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK });
  await say({ type: 'subscribe', topic: 'agent:a7:connections' });
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { phase: 'failed' } });
  await step(200);
  expect(of('agent:a7:connections')).toEqual([[]]);
});

function stranger() {
  return {
    kind: 'key',
    id: 'x',
    name: 'x',
    org: 'other',
    scopes: ['read'],
    isOperator: false,
    expiresAt: null,
  } as const;
}

test('[PT5] what is published is a report by whoever may report, and is answered', async () => {
  const asked: unknown[] = [];
  const mutate: Mutate = (principal, { c, k, op, name, f }) => {
    asked.push({ c, k, op, name, f });
    return Promise.resolve(
      principal.id === 'admin' ? { ok: true, v: 1, k } : { ok: false, code: 'forbidden', msg: 'may not' },
    );
  };
  const { say, said } = desk({ mutate });
  await say({ type: 'publish', topic: 'connection:a7:shop:status', data: { status: 'error', latency: 7, x: 1 } });
  expect(asked).toEqual([
    { c: 'connections', k: 'a7:shop', op: 'call', name: 'report', f: { phase: 'failed', latencyMs: 7 } },
  ]);
  expect(said.splice(0)).toEqual([{ type: 'published', subject: 'connection:a7:shop:status' }]);
  await say({ type: 'publish', topic: 'admin:mcp:stats', data: {} });
  await say({ type: 'publish', topic: 'no:such', data: {} });
  await say({ type: 'publish', topic: 'health:a7:shop', data: 'x' });
  expect(said.map(({ code }) => code)).toEqual(['unsupported', 'not_found', 'bad_request']);
  const reader = desk({ token: 'read', mutate });
  await reader.say({ type: 'publish', topic: 'health:a7:shop', data: { status: 'healthy' } });
  expect(reader.said).toMatchObject([{ type: 'error', code: 'forbidden', subject: 'health:a7:shop' }]);
});

test('[PT6] topics that share a view live and end each by itself', async () => {
  const { world, say, step, of, said } = desk();
  world.write('main', { c: 'connections', id: 'a7:shop', fields: LINK });
  await say({ type: 'subscribe', topic: 'connection:a7:shop:status' });
  await say({ type: 'subscribe', topic: 'health:a7:shop' });
  expect(of('health:a7:shop')).toMatchObject([{ status: 'healthy' }]);
  await say({ type: 'unsubscribe', topic: 'connection:a7:shop:status' });
  expect(said.splice(0)).toEqual([{ type: 'unsubscribed', subject: 'connection:a7:shop:status' }]);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { health: 'degraded', phase: 'failed' } });
  await step(200);
  expect(said.map(({ topic }) => topic)).toEqual(['health:a7:shop']);
  said.splice(0);
  await say({ type: 'unsubscribe', topic: 'health:a7:shop' });
  expect(world.gateway.stats.subscriptions).toBe(0);
  world.write('main', { c: 'connections', id: 'a7:shop', fields: { health: 'healthy' } });
  await step(200);
  expect(said).toEqual([{ type: 'unsubscribed', subject: 'health:a7:shop' }]);
  await say({ type: 'subscribe', topic: 'health:a7:shop' });
  await say({ type: 'subscribe', topic: 'health:a7:shop' });
  expect(of('health:a7:shop')).toMatchObject([{ status: 'healthy' }, { status: 'healthy' }]);
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '"ping"',
  '{"type":7}',
  '{"type":"subscribe"}',
  '{"type":"subscribe","topic":""}',
  `{"type":"subscribe","topic":"${'t'.repeat(256)}"}`,
  '{"type":"subscribe","topic":{"a":1}}',
  '{"type":"subscribe","topic":"agent:..:connections"}',
  '{"type":"subscribe","topic":"agent:a b:connections"}',
  '{"type":"subscribe","topic":"agent:__proto__:connections"}',
  '{"type":"publish","topic":"health:a"}',
  '{"type":"auth"}',
  '{"type":"subscribe","topic":"health:a","filters":[]}',
  `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
  '{"type":"__proto__"}',
])('[PT7] %s is answered with an error and harms nobody', async (text) => {
  const { say, said, closed } = desk();
  await say(text);
  expect(said).toMatchObject([{ type: 'error' }]);
  expect(said[0]).not.toHaveProperty('topic');
  said.splice(0);
  await say({ type: 'ping' });
  expect(said).toEqual([{ type: 'pong' }]);
  expect(closed).toEqual([]);
});

test('[PT7] topics, records in one, messages and what waits for a slow reader are bounded', async () => {
  const many = desk({ limits: { channelsPerSocketMax: 2 } });
  for (const id of ['a', 'b', 'c']) await many.say({ type: 'subscribe', topic: `health:${id}` });
  expect(many.said.at(-1)).toMatchObject({ type: 'error', code: 'too_many_subs', subject: 'health:c' });

  const large = desk({ limits: { topicRowsMax: 1 } });
  large.world.write('main', { c: 'connections', id: 'a7:a', fields: LINK });
  await large.say({ type: 'subscribe', topic: 'agent:a7:connections' });
  large.world.write('main', { c: 'connections', id: 'a7:b', fields: LINK });
  await large.step(200);
  expect(large.said.at(-1)).toMatchObject({ type: 'error', code: 'too_large', subject: 'agent:a7:connections' });

  const loud = desk({ limits: { frameBurstMax: 3, framesPerSecondMax: 1 } });
  for (let n = 0; n < 5; n += 1) await loud.say({ type: 'ping' });
  expect(loud.said.at(-1)).toMatchObject({ type: 'error', code: 'rate_limited' });
  expect(loud.closed).toEqual([4429]);

  const slow = desk();
  slow.pipe.queuedBytes = slow.world.limits.socketHoldBytesMax + 1;
  await slow.say({ type: 'ping' });
  expect([slow.said, slow.closed]).toEqual([[], [1013]]);
});

test('[PT7] who gives no sign of life is asked for one, and let go when none comes', () => {
  const { world, socket, pipe, closed } = desk();
  const { dialectPingMs, dialectSilenceMs } = world.limits;
  world.clock.advance(dialectPingMs);
  socket.tick(world.clock.mono());
  expect(pipe.pings).toBe(1);
  socket.alive();
  world.clock.advance(dialectSilenceMs - 1);
  socket.tick(world.clock.mono());
  expect(closed).toEqual([]);
  world.clock.advance(1);
  socket.tick(world.clock.mono());
  expect(closed).toEqual([1001]);
});

test('[PT8] a first message says whether it is a plain topic or a Phoenix channel', () => {
  expect(isPlain('{"type":"ping"}')).toBe(true);
  expect(isPlain('{"type":"subscribe","channel":"x","filters":{}}')).toBe(true);
  expect(isPlain('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}')).toBe(false);
  expect(isPlain('{"type":"x","event":"phx_join","topic":"realtime:a"}')).toBe(false);
  expect(isPlain('[null,"1","phoenix","heartbeat",{}]')).toBe(false);
  expect(isPlain('nothing')).toBe(false);
});
