import { assert, type Json, type JsonObject } from '@statewire/protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { Limits } from '../../../lib/limits.ts';
import { settle } from '../../../testing/fake-clock.ts';
import { World } from '../../../testing/world.ts';
import type { Mutate } from '../../session.ts';
import { Caller } from './caller.ts';
import { readOffset, RecordSet, writeOffset } from './offset.ts';
import { PACK, vocabularyOf, vocabularySchema, type Vocabulary } from './vocabulary.ts';

interface Heard {
  readonly event: string;
  readonly data: Json;
  readonly offset: string;
}

interface Client {
  readonly world: World;
  readonly heard: Heard[];
  readonly voice: { waitingBytes: number; closes: number };
  readonly answer: () => unknown;
  readonly say: (event: string, ...args: unknown[]) => Promise<JsonObject | null>;
  readonly step: (ms?: number) => Promise<void>;
  readonly events: () => string[];
  readonly caller: Caller;
}

async function connect(
  more: {
    world?: World;
    token?: string | null;
    offset?: string | undefined;
    vocabulary?: Vocabulary;
    limits?: Partial<Limits>;
    mutate?: Mutate;
  } = {},
): Promise<Client> {
  const world = more.world ?? new World({ limits: more.limits, mutate: more.mutate });
  if (more.world === undefined) onTestFinished(() => world.close());
  const heard: Heard[] = [];
  let answer: unknown = null;
  const voice = {
    waitingBytes: 0,
    queuedBytes: 0,
    latency: null,
    closes: 0,
    emit: (event: string, data: Json, offset: string) => void heard.push({ event, data, offset }),
    close: () => void (voice.closes += 1),
  };
  const { clock, limits, gateway } = world;
  const caller: Caller = new Caller(
    { clock, limits, sessions: gateway, vocabulary: more.vocabulary ?? PACK },
    voice,
    {
      token: more.token === undefined ? 'admin' : more.token,
      visitor: { origin: null, host: null, cookie: null },
      offset: more.offset,
    },
    (given) => {
      answer = given;
      if (given.ok) caller.begin();
    },
  );
  const step = async (ms = 0): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      clock.advance(turn === 0 ? ms : 0);
    }
  };
  await step();
  return {
    world,
    heard,
    voice,
    caller,
    step,
    answer: () => answer,
    events: () => heard.splice(0).map(({ event }) => event),
    say: async (event, ...args) => {
      let ack: JsonObject | null = null;
      caller.heard(event, args, (given) => (ack = given));
      await step();
      return ack;
    },
  };
}

const SHOP = {
  name: 'Shop',
  kind: 'http',
  status: 'up',
  health: 'healthy',
  latencyMs: 12,
  observedAt: 5,
  updatedAt: 7,
};

function put(world: World, id: string, fields: JsonObject | null): void {
  world.write('main', { c: 'services', id, fields: fields === null ? null : { ...SHOP, ...fields } });
}

test('[SI1] whoever connects is told that it is, then everything, then each change in a second', async () => {
  const { world, heard, step, events } = await connect();
  expect(heard).toMatchObject([
    { event: 'connection:status', data: { connected: true } },
    { event: 'service:bulk-update', data: [] },
  ]);
  heard.splice(0);
  put(world, 'shop', {});
  await step(1_000);
  const item = { status: 'up', responseTime: 12, details: { name: 'Shop', reason: null, health: 'healthy' } };
  expect(heard).toMatchObject([
    { event: 'service:bulk-update', data: [{ id: 'shop', lastCheckAt: '1970-01-01T00:00:00.005Z', ...item }] },
  ]);
  heard.splice(0);
  for (const status of ['down', 'up', 'degraded']) put(world, 'shop', { status });
  await step(1_000);
  expect(heard).toMatchObject([{ event: 'service:status', data: { serviceId: 'shop', ...item, status: 'degraded' } }]);
  heard.splice(0);
  put(world, 'shop', { status: 'degraded', latencyMs: null });
  await step(1_000);
  expect(heard[0]?.data).not.toHaveProperty('responseTime');
  events();
  put(world, 'shop', null);
  await step(1_000);
  expect(heard).toMatchObject([{ event: 'service:bulk-update', data: [] }]);
});

test('[SI2] leaving and joining by events of the app, by names, and by what stands in their places', async () => {
  const vocabulary = vocabularyOf({
    channels: [
      ...PACK.channels,
      {
        name: 'group:{group}',
        join: 'watch',
        leave: 'unwatch',
        view: { collection: 'services', filter: ['eq', 'group', '{group}'] },
        list: { event: 'group', data: { id: 'id' } },
        change: { event: 'moved', data: { id: 'id', was: { field: 'status', before: true }, is: 'status' } },
        enter: { event: 'came', data: { id: 'id' } },
        gone: { event: 'went', data: { id: 'id', group: { param: 'group' } } },
      },
    ],
  });
  const { world, say, step, events, heard } = await connect({ vocabulary });
  put(world, 'a', { group: 'red' });
  put(world, 'b', { group: 'blue' });
  await say('unsubscribe:status');
  events();
  expect(await say('watch', 'red')).toEqual({ ok: true });
  expect(heard).toMatchObject([{ event: 'group', data: [{ id: 'a' }] }]);
  heard.splice(0);
  put(world, 'a', { group: 'red', status: 'down' });
  put(world, 'c', { group: 'red' });
  await step(1_000);
  put(world, 'a', { group: 'blue' });
  await step(1_000);
  expect(heard.map(({ event, data }) => [event, data])).toEqual([
    ['moved', { id: 'a', was: 'up', is: 'down' }],
    ['came', { id: 'c' }],
    ['went', { id: 'a', group: 'red' }],
  ]);
  expect(await say('unsubscribe', 'group:red')).toEqual({ ok: true });
  expect(await say('subscribe', 'group:blue')).toEqual({ ok: true });
  expect(heard.at(-1)).toMatchObject({ event: 'group', data: [{ id: 'a' }, { id: 'b' }] });
  expect(world.gateway.stats.subscriptions).toBe(1);
  expect(vocabularySchema.safeParse(vocabulary)).toMatchObject({ success: true });
});

test('[SI2] by their own events dashboards leave what they are in from the start, and join it again', async () => {
  const { world, say, step, events } = await connect();
  put(world, 'shop', {});
  expect(await say('unsubscribe:status')).toEqual({ ok: true });
  events();
  put(world, 'shop', { status: 'down' });
  await step(1_000);
  expect(events()).toEqual([]);
  expect(await say('subscribe:status')).toEqual({ ok: true });
  expect(events()).toEqual(['service:bulk-update']);
  put(world, 'shop', { status: 'up' });
  await step(1_000);
  expect(events()).toEqual(['service:status']);
});

test('[SI3] who comes back with what it was given last is told what is newer; all of it when records came or went', async () => {
  const first = await connect();
  const { world } = first;
  put(world, 'a', {});
  put(world, 'b', {});
  await first.step(1_000);
  const { offset = '' } = first.heard.at(-1) ?? {};
  first.caller.closed();
  for (const status of ['down', 'up', 'down']) put(world, 'a', { status });

  const again = await connect({ world, offset });
  expect(again.heard.map(({ event }) => event)).toEqual(['connection:status', 'service:status']);
  expect(again.heard[1]?.data).toMatchObject({ serviceId: 'a', status: 'down' });
  // Cut off before it heard of the change, it would come back with what it had.
  expect(again.heard[0]?.offset).toBe(offset);
  expect(again.heard[1]?.offset).not.toBe(offset);
  const { offset: later } = again.heard[1] ?? {};
  const calm = await connect({ world, offset: later });
  expect(calm.events()).toEqual(['connection:status']);
  put(world, 'a', { status: 'up' });
  await calm.step(1_000);
  expect(calm.events()).toEqual(['service:status']);

  put(world, 'b', null);
  put(world, 'c', {});
  const moved = await connect({ world, offset: later });
  expect(moved.events()).toEqual(['connection:status', 'service:bulk-update']);
});

test('[SI3] of several changes at once only the last says that all were told', async () => {
  const { world, step, heard } = await connect();
  put(world, 'a', {});
  put(world, 'b', {});
  await step(1_000);
  const held = heard.at(-1)?.offset;
  heard.splice(0);
  world.write(
    'main',
    { c: 'services', id: 'a', fields: { status: 'down' } },
    { c: 'services', id: 'b', fields: { status: 'down' } },
  );
  await step(1_000);
  expect(heard.map(({ offset }) => offset === held)).toEqual([true, false]);
});

test('[SI3] what was given to somebody else, under another history, or made up, is worth a whole list and no more', async () => {
  const first = await connect();
  const { world } = first;
  put(world, 'a', {});
  await first.step(1_000);
  const offset = first.heard.at(-1)?.offset ?? '';
  const set = /\.(\w+)$/u.exec(offset)?.[1] ?? '';
  for (const [token, given] of [
    ['read', offset],
    ['admin', offset.replace(/^e1/u, 'e0')],
    ['admin', `e1;status=999999.${set}`],
    ['admin', 'e1;status=1.abc'],
    ['admin', 'e1;status=-'],
    ['admin', 'nonsense of others; x'],
    ['admin', undefined],
  ] as const) {
    const again = await connect({ world, token, offset: given });
    expect([given, again.events()]).toEqual([given, ['connection:status', 'service:bulk-update']]);
  }
  const left = await connect({ world, offset: 'e1' });
  expect(left.events()).toEqual(['connection:status']);
  const strange = await connect({ world, offset: 'e1;no-such=1.a' });
  expect(strange.events()).toEqual(['error', 'connection:status']);
});

test('[SI3] an offset is read back as it was written, and anything else is none', () => {
  const channels = new Map([
    ['status', { version: 7, set: 'ab1' }],
    ['group:red', null],
  ]);
  const text = writeOffset({ epoch: 'e1', channels });
  expect(text).toBe('e1;status=7.ab1;group:red=-');
  expect(readOffset(text, 2)).toEqual({ epoch: 'e1', channels });
  for (const wrong of [
    text.replace('7', 'x'),
    `${text};`,
    ';',
    '',
    7,
    null,
    {},
    'e1;a',
    'e1;a=1',
    `e1;a=${'9'.repeat(99)}.a`,
  ]) {
    expect(readOffset(wrong, 2)).toBe(null);
  }
  expect(readOffset(text, 1)).toBe(null);
  expect(readOffset(`e1;${'a'.repeat(40_000)}=-`, 2)).toBe(null);
  const one = new RecordSet(['x']);
  const other = new RecordSet(['x']);
  for (const id of ['a', 'b', 'c']) one.add(id);
  for (const id of ['c', 'a']) other.add(id);
  expect(one.name).not.toBe(other.name);
  one.remove('b');
  expect(one.name).toBe(other.name);
  expect(new RecordSet(['y']).name).not.toBe(new RecordSet(['x']).name);
});

test('[SI4] a bad credential is answered before anything is told; one that ends is told and closed; what may not be seen ends alone', async () => {
  for (const token of ['wrong', null]) {
    const bad = await connect({ token });
    expect(bad.answer()).toMatchObject({ ok: false, code: token === null ? 'auth_required' : 'auth_invalid' });
    expect([bad.heard, bad.voice.closes]).toEqual([[], 0]);
  }
  const { world, events, heard, step, voice } = await connect();
  const admin = world.principals.get('admin');
  assert(admin !== undefined, 'there is an admin');
  events();
  world.gateway.revise('admin', { ...admin, permissions: ['agents:read'] });
  await step();
  expect(heard).toMatchObject([{ event: 'error', data: { code: 'forbidden', channel: 'status' } }]);
  put(world, 'a', {});
  await step(1_000);
  expect(heard).toHaveLength(1);
  world.gateway.revise('admin', null);
  await step();
  expect(heard[1]).toMatchObject({ event: 'error', data: { code: 'auth_invalid' } });
  expect(voice.closes).toBe(1);
});

test('[SI4] a token that expires is told and closed after its grace; a fresh one keeps the connection', async () => {
  for (const isRenewed of [false, true]) {
    const world = new World();
    onTestFinished(() => world.close());
    const admin = world.principals.get('admin');
    assert(admin !== undefined, 'there is an admin');
    world.principals.set('short', { ...admin, expiresAt: world.clock.now() + 10_000 });
    const { say, events, step, voice, heard } = await connect({ world, token: 'short' });
    events();
    if (isRenewed) expect(await say('auth:token', 'admin')).toEqual({ ok: true });
    await step(11_000 + world.limits.authGraceMs);
    expect(heard.map(({ event }) => event)).toEqual(isRenewed ? [] : ['error']);
    expect(voice.closes).toBe(isRenewed ? 0 : 1);
    if (!isRenewed) expect(heard).toMatchObject([{ data: { code: 'auth_expired' } }]);
  }
});

test('[SI5] an event of the app is a command or a report, answered once', async () => {
  const asked: unknown[] = [];
  const mutate: Mutate = (_, { c, k, op, name, f }) => {
    asked.push({ c, k, op, name, f });
    return Promise.resolve(k === 'a' ? { ok: true, v: 1, k } : { ok: false, code: 'not_found', msg: 'no such' });
  };
  const vocabulary = vocabularyOf({
    calls: [
      ...PACK.calls,
      {
        event: 'say',
        collection: 'agents',
        command: 'report',
        fields: { health: { field: 'state', words: { ok: 'healthy' } } },
      },
    ],
  });
  const { say, heard, caller, step, events } = await connect({ mutate, vocabulary });
  events();
  expect(await say('request:refresh', 'a')).toEqual({ ok: true, id: 'a' });
  expect(await say('request:refresh', 'b')).toEqual({ ok: false, code: 'not_found', message: 'no such' });
  expect(await say('say', 'a', { state: 'ok', other: 1 })).toEqual({ ok: true, id: 'a' });
  expect(asked).toEqual([
    { c: 'services', k: 'a', op: 'call', name: 'refresh', f: {} },
    { c: 'services', k: 'b', op: 'call', name: 'refresh', f: {} },
    { c: 'agents', k: 'a', op: 'call', name: 'report', f: { health: 'healthy' } },
  ]);
  expect(heard).toEqual([]);
  caller.heard('request:refresh', ['b'], null);
  await step();
  expect(heard).toMatchObject([{ event: 'error', data: { code: 'not_found' } }]);
});

test('[SI6] events that mean nothing are answered; channels, records, events and what waits are bounded', async () => {
  const { say, voice } = await connect();
  for (const [event, ...args] of [
    ['nothing'],
    ['subscribe'],
    ['subscribe', 7],
    ['subscribe', 'no:such'],
    ['subscribe', 'x'.repeat(300)],
    ['request:refresh', {}],
    ['auth:token'],
    ['auth:token', ''],
  ] as const) {
    expect([event, args, await say(event, ...args)]).toMatchObject([event, args, { ok: false }]);
  }
  expect(voice.closes).toBe(0);

  const large = await connect({ limits: { topicRowsMax: 1 } });
  put(large.world, 'a', {});
  put(large.world, 'b', {});
  await large.step(1_000);
  expect(large.heard.at(-1)).toMatchObject({ event: 'error', data: { code: 'too_large', channel: 'status' } });

  const many = await connect({ limits: { channelsPerSocketMax: 1 } });
  const [status] = PACK.channels;
  assert(status !== undefined, 'a channel');
  const two = { ...PACK, channels: [status, { ...status, name: 'other' }] };
  const both = await connect({ world: many.world, vocabulary: two });
  expect(both.heard[0]).toMatchObject({ event: 'error', data: { code: 'too_many_subs' } });

  const loud = await connect({ limits: { frameBurstMax: 4, framesPerSecondMax: 1 } });
  for (let n = 0; n < 6; n += 1) await loud.say('connection:status');
  expect(loud.voice.closes).toBe(1);

  const slow = await connect();
  slow.events();
  slow.voice.waitingBytes = slow.world.limits.socketHoldBytesMax + 1;
  put(slow.world, 'a', {});
  await slow.step(1_000);
  expect([slow.heard, slow.voice.closes]).toEqual([[], 1]);
});
