import { collectionOf } from '@statewire/model';
import { isJsonObject, ok, type JsonObject } from '@statewire/protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { Limits } from '../../../lib/limits.ts';
import { settle } from '../../../testing/fake-clock.ts';
import { World } from '../../../testing/world.ts';
import { Rooms } from '../rooms.ts';
import type { ChannelDeps } from './channel.ts';
import { Absences, Departures } from './departures.ts';
import { Kept } from './kept.ts';
import { Socket } from './socket.ts';
import { Topics } from './topics.ts';

interface Said {
  readonly ref: unknown;
  readonly topic: unknown;
  readonly event: unknown;
  readonly payload: JsonObject;
}

interface Desk {
  readonly world: World;
  readonly deps: ChannelDeps;
  readonly dial: (apikey?: string) => Line;
  readonly step: (ms?: number) => Promise<void>;
}

interface Line {
  readonly said: Said[];
  readonly closed: number[];
  readonly socket: Socket;
  readonly pipe: { pings: number };
  readonly say: (topic: string, event: string, payload?: JsonObject, ref?: string) => void;
}

const CHANGES = { config: { postgres_changes: [{ event: '*', schema: 'public', table: 'services' }] } };
const TOPIC = 'realtime:a';

function desk(more: Partial<Limits> = {}): Desk {
  const world = new World({ limits: more });
  onTestFinished(() => world.close());
  const { clock, limits, gateway, live } = world;
  const topics = new Topics({
    rooms: new Rooms(limits),
    kept: new Kept({ clock, limits }),
    ledger: { note: () => {}, settled: async () => ok(null) },
    config: { public: true, topics: [] },
  });
  const departures = new Departures({ clock, limits, live, of: collectionOf });
  const absences = new Absences({ clock, limits });
  const deps = { clock, limits, sessions: gateway, topics, departures, absences, names: () => [], of: collectionOf };
  const step = async (ms = 0): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      clock.advance(turn === 0 ? ms : 0);
    }
  };
  const dial = (apikey = 'read'): Line => {
    const said: Said[] = [];
    const closed: number[] = [];
    const pipe = {
      queuedBytes: 0,
      pings: 0,
      text: (text: string): void => {
        const [, ref, topic, event, payload] = JSON.parse(text);
        said.push({ ref, topic, event, payload: isJsonObject(payload) ? payload : {} });
      },
      bytes: () => {},
      ping: () => void (pipe.pings += 1),
      close: (code: number) => closed.push(code),
    };
    const socket = new Socket(deps, pipe, { vsn: 2, apikey, visitor: { origin: null, host: null, cookie: null } });
    const say = (topic: string, event: string, payload: JsonObject = {}, ref = '1'): void =>
      socket.receive(JSON.stringify([null, ref, topic, event, payload]));
    return { said, closed, socket, pipe, say };
  };
  return { world, deps, dial, step };
}

function events({ said }: Line): readonly unknown[] {
  return said.map(({ event, payload }) => (event === 'phx_reply' ? payload['status'] : event));
}

test('[SB3] a token that expires during a connection: system error, then phx_error, nothing after; a fresh one goes on', async () => {
  const { world, dial, step } = desk();
  const reader = world.principals.get('read');
  if (reader === undefined) throw new Error('a reader');
  world.principals.set('short', { ...reader, id: 'ada', expiresAt: world.clock.now() + 60_000 });
  world.principals.set('fresh', { ...reader, id: 'bea', expiresAt: world.clock.now() + 60_000 });
  world.principals.set('fresh 2', { ...reader, id: 'bea', expiresAt: null });
  const expiring = dial('short');
  const renewed = dial('fresh');
  for (const line of [expiring, renewed]) line.say(TOPIC, 'phx_join', CHANGES);
  await step();
  renewed.say(TOPIC, 'access_token', { access_token: 'fresh 2' });
  await step(60_000);
  await step(world.limits.authGraceMs + 2_000);
  expect(events(expiring)).toEqual(['ok', 'presence_state', 'system', 'system', 'phx_error']);
  expect(expiring.said.at(-2)?.payload).toMatchObject({ extension: 'system', status: 'error' });
  expect(expiring.said.at(-2)?.payload['message']).toMatch(/^auth_expired: /u);
  world.write('main', { c: 'services', id: 'late', fields: { name: 'Late', updatedAt: world.clock.now() } });
  await step(200);
  expect(events(expiring)).toHaveLength(5);
  expect(events(renewed)).toEqual(['ok', 'presence_state', 'system', 'postgres_changes']);
  // It joins again with a token that is over, and is refused; with another one it is let in.
  world.principals.delete('short');
  expiring.say(TOPIC, 'phx_join', CHANGES, '2');
  await step();
  expiring.say(TOPIC, 'phx_join', { ...CHANGES, access_token: 'fresh 2' }, '3');
  await step();
  expect(events(expiring).slice(5, 7)).toEqual(['error', 'ok']);
});

test('[SB9] a client that says nothing, half of a connection, is let go and leaves its rooms; heartbeats keep it', async () => {
  const { world, deps, dial, step } = desk();
  const [silent, beating] = [dial(), dial()];
  for (const line of [silent, beating]) line.say(TOPIC, 'phx_join', { config: { presence: { key: 'k' } } });
  await step();
  silent.say(TOPIC, 'presence', { event: 'track', payload: {} });
  await step();
  expect(deps.topics.rooms.present('main', 'public:a')).toHaveLength(1);
  for (let passed = 0; passed < world.limits.dialectSilenceMs; passed += 5_000) {
    await step(5_000);
    beating.say('phoenix', 'heartbeat');
    for (const { socket } of [silent, beating]) socket.tick(world.clock.mono());
  }
  expect([silent.closed, beating.closed]).toEqual([[1001], []]);
  expect(deps.topics.rooms.present('main', 'public:a')).toEqual([]);
  const diff = beating.said.findLast(({ event }) => event === 'presence_diff');
  expect(diff?.payload).toMatchObject({ joins: {}, leaves: { k: {} } });
  for (const { socket } of [silent, beating]) socket.closed();
  expect(deps.topics.rooms.size).toBe(0);
});

test('[SB9] 10,000 joins: as many as fit are open, the others are refused in words, and too many at once end the connection', async () => {
  const { world, dial, step } = desk();
  const line = dial();
  for (let n = 0; n < 10_000; n += 1) line.say(`realtime:${n}`, 'phx_join', { config: {} }, String(n));
  await step();
  const replies = line.said.filter(({ event }) => event === 'phx_reply');
  const refused = replies.filter(({ payload }) => payload['status'] === 'error');
  expect(refused.length).toBe(world.limits.frameBurstMax - world.limits.channelsPerSocketMax);
  expect(line.said.at(-1)?.event).toBe('system');
  expect(line.said.at(-1)?.payload['message']).toMatch(/^rate_limited: /u);
  expect(line.closed).toEqual([1013]);
  expect(world.gateway.stats.connections).toBe(0);
});

test('[SB7] a flood of presence ends the connection that floods; a room that is full says so', async () => {
  const { world, deps, dial, step } = desk({ presencesPerRoomMax: 3 });
  const lines = Array.from({ length: 4 }, () => dial());
  for (const line of lines) line.say(TOPIC, 'phx_join', { config: {} });
  await step();
  for (const line of lines) line.say(TOPIC, 'presence', { event: 'TRACK', payload: { a: 1 } }, 't');
  expect(lines.map(({ said }) => said.find(({ ref }) => ref === 't')?.payload['status'])).toEqual([
    'ok',
    'ok',
    'ok',
    'error',
  ]);
  const [flood, other] = lines;
  if (flood === undefined || other === undefined) throw new Error('two lines');
  flood.say(TOPIC, 'presence', { event: 'track', payload: { a: 'x'.repeat(world.limits.presenceBytesMax) } }, 'big');
  expect(flood.said.find(({ ref }) => ref === 'big')?.payload['status']).toBe('error');
  for (let n = 0; n < 5_000; n += 1) flood.say(TOPIC, 'presence', { event: 'track', payload: { n } });
  expect([flood.closed, other.closed]).toEqual([[1013], []]);
  expect(deps.topics.rooms.present('main', 'public:a')).toHaveLength(2);
});

test('[SB14] what has arrived is known by answered pings: what is made before one is not told as new, what is made after it is', async () => {
  const { world, dial, step } = desk();
  const make = (id: string): void => {
    const now = world.clock.now();
    world.write('main', { c: 'services', id, fields: { name: id, createdAt: now, updatedAt: now } });
  };
  const first = dial();
  first.say(TOPIC, 'phx_join', CHANGES);
  await step();
  make('told');
  // Longer than what may be on its way when a ping is sent.
  await step(2_000);
  first.socket.tick(world.clock.mono());
  first.socket.alive();
  await step(5_000);
  make('lost');
  await step(200);
  first.socket.tick(world.clock.mono());
  expect(first.pipe.pings).toBe(2);
  // The ping is never answered.
  first.socket.closed();
  const told = async (payload: JsonObject): Promise<readonly unknown[]> => {
    const again = dial();
    again.say(TOPIC, 'phx_join', payload);
    await step();
    again.socket.closed();
    return again.said
      .filter(({ event }) => event === 'postgres_changes')
      .map(({ payload: { data } }) =>
        isJsonObject(data) && isJsonObject(data['record']) ? [data['type'], data['record']['id']] : data,
      )
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  };
  expect(await told(CHANGES)).toEqual([
    ['INSERT', 'lost'],
    ['UPDATE', 'told'],
  ]);
});
