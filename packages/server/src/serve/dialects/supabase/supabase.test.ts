import { collectionOf } from '@statewire/model';
import { assert, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../../../lib/limits.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { Rooms } from '../rooms.ts';
import { changesOf, replayOf } from './changes.ts';
import { parseRowFilter } from './filter.ts';
import { Kept } from './kept.ts';
import { Topics } from './topics.ts';
import { readJoin, type Binding } from './join.ts';
import { Socket } from './socket.ts';
import { tableOf } from './tables.ts';
import { decode, decodePush, encode, encodeBroadcast } from './wire.ts';

function passes(filter: string, row: JsonObject, table = 'services'): boolean {
  const found = tableOf(table, collectionOf);
  assert(found !== null, `there is a table ${table}`);
  const parsed = parseRowFilter(filter, found, collectionOf);
  assert(parsed.ok, `${filter} is a filter`);
  return parsed.value.passes(row);
}

test.each([
  ['status=eq.down', { status: 'down' }, { status: 'up' }],
  ['status=neq.down', { status: 'up' }, { status: null }],
  ['latencyMs=lt.10', { latencyMs: 9 }, { latencyMs: 10 }],
  ['latencyMs=lte.10', { latencyMs: 10 }, { latencyMs: null }],
  ['latencyMs=gt.9', { latencyMs: 10 }, { latencyMs: 9 }],
  ['latencyMs=gte.10', { latencyMs: 100 }, { latencyMs: 9 }],
  ['status=in.(down,"de,graded")', { status: 'de,graded' }, { status: 'de' }],
  ['status=not.in.(down,up)', { status: 'unknown' }, { status: null }],
  ['name=like.a%c_', { name: 'abbcd' }, { name: 'Abbcd' }],
  ['name=ilike.a%', { name: 'Abc' }, { name: 'bA' }],
  ['name=match.^a\\d+$', { name: 'a12' }, { name: 'A12' }],
  ['name=imatch.^a', { name: 'ABC' }, { name: 'BA' }],
  ['latencyMs=is.null', { latencyMs: null }, { latencyMs: 0 }],
  ['latencyMs=not.is.null', { latencyMs: 0 }, { latencyMs: null }],
  ['name=isdistinct.a', { name: null }, { name: 'a' }],
  ['status=eq.down,name=eq.a', { status: 'down', name: 'a' }, { status: 'down', name: 'b' }],
])('[SB4] %s means what it means in SQL', (filter, yes, no) => {
  expect(passes(filter, yes)).toBe(true);
  expect(passes(filter, no)).toBe(false);
});

test.each([
  'status',
  'status=down',
  'nothing=eq.1',
  'status=foo.1',
  'name=match.(a+)+$',
  'name=match.a*b*',
  'x=is.maybe',
])('[SB4] the filter %s is refused, never passed by', (filter) => {
  const table = tableOf('services', collectionOf);
  assert(table !== null, 'there is a table');
  expect(parseRowFilter(filter, table, collectionOf)).toMatchObject({ ok: false, code: 'bad_filter' });
});

test('[SB1] both forms of a frame are read to the same and written as they came', () => {
  const two = '["1","2","realtime:a","phx_join",{"config":{}}]';
  const one = '{"join_ref":"1","ref":"2","topic":"realtime:a","event":"phx_join","payload":{"config":{}}}';
  const frame = decode(two);
  assert(frame.ok, 'a frame');
  expect(decode(one)).toEqual(frame);
  expect(encode(2, frame.value)).toBe(two);
  expect(encode(1, frame.value)).toBe(one);
});

test.each([
  '',
  '{',
  '[]',
  '[1,2,3]',
  '"x"',
  `["1","2","${'t'.repeat(256)}","e",{}]`,
  '["1","2","t","e",[]]',
  '["1","2","t","",{}]',
])('[SB9] %s is no frame', (text) => expect(decode(text)).toMatchObject({ ok: false, code: 'bad_request' }));

test('[SB9] a binary broadcast is read whole or refused: every cut of it, wrong lengths, other kinds', () => {
  const texts = ['1', '2', 'realtime:a', 'move', ''];
  const head = Buffer.from([3, ...texts.map(({ length }) => length), 1]);
  const whole = Buffer.concat([head, Buffer.from(texts.join('')), Buffer.from('{"x":1}')]);
  expect(decodePush(whole)).toMatchObject({
    ok: true,
    value: { topic: 'realtime:a', event: 'move', payload: { x: 1 } },
  });
  for (let cut = 0; cut < whole.length; cut += 1) expect(decodePush(whole.subarray(0, cut)).ok).toBe(false);
  expect(decodePush(Buffer.concat([Buffer.from([3, 255, 255, 255, 255, 255, 1]), whole])).ok).toBe(false);
  expect(decodePush(Buffer.concat([Buffer.from([9]), whole.subarray(1)])).ok).toBe(false);
  expect([...encodeBroadcast('t', 'e', new Uint8Array([7, 8]))]).toEqual([4, 1, 1, 0, 0, 116, 101, 7, 8]);
});

function bind(entry: JsonObject): Binding {
  const wish = readJoin({ config: { postgres_changes: [entry] } }, { of: collectionOf, limits });
  assert(wish.ok && wish.value.bindings[0] !== undefined, 'a binding');
  return wish.value.bindings[0];
}

test('[SB5] what comes to pass a filter is inserted, what passes no more is deleted by its key', () => {
  const all = bind({ event: '*', schema: 'public', table: 'agent_mcp_connections', filter: 'status=eq.down' });
  const up = { id: 'a:b', agent: 'a', service: 'b', status: 'up', createdAt: 1, updatedAt: 5 };
  const down = { ...up, status: 'down', updatedAt: 6 };
  const at = 6;
  expect(changesOf(all, { type: 'update', id: 'a:b', before: up, row: down, at })).toMatchObject([
    { type: 'INSERT', table: 'agent_mcp_connections', record: { agent_id: 'a', server_id: 'b', status: 'down' } },
  ]);
  expect(changesOf(all, { type: 'update', id: 'a:b', before: down, row: up, at })).toMatchObject([
    { type: 'DELETE', old_record: { id: 'a:b' } },
  ]);
  expect(changesOf(all, { type: 'leave', id: 'a:b', before: up, at })).toEqual([]);
  expect(replayOf(all, [down, { ...down, updatedAt: 2 }], 6)).toMatchObject([
    { type: 'UPDATE', record: { id: 'a:b' } },
  ]);
  const updates = bind({ event: 'UPDATE', schema: 'public', table: 'connections' });
  expect(changesOf(updates, { type: 'enter', id: 'a:b', row: down, at })).toMatchObject([{ type: 'UPDATE' }]);
  expect(changesOf(updates, { type: 'enter', id: 'a:b', row: { ...down, createdAt: 6 }, at })).toEqual([]);
  const log = bind({ event: 'INSERT', schema: 'public', table: 'agent_mcp_connection_logs' });
  expect(changesOf(log, { type: 'update', id: 'a:b', before: up, row: down, at })).toMatchObject([{ type: 'INSERT' }]);
});

test('[SB9] joins of too many tables, of none that is there, or of no shape are refused', () => {
  const refused = (postgres: JsonObject[]): boolean =>
    !readJoin({ config: { postgres_changes: postgres } }, { of: collectionOf, limits }).ok;
  const good = { event: '*', schema: 'public', table: 'services' };
  expect(refused([good])).toBe(false);
  expect(refused(Array.from({ length: limits.bindingsPerChannelMax + 1 }, () => good))).toBe(true);
  expect(refused([{ ...good, table: 'secrets' }])).toBe(true);
  expect(refused([{ ...good, event: 'TRUNCATE' }])).toBe(true);
  expect(refused([{ ...good, table: 7 }])).toBe(true);
});

test('[SB10] a client that does not read its answers is let go at the bound, and nothing is written after that', () => {
  const said: string[] = [];
  const closed: number[] = [];
  const pipe = {
    queuedBytes: 0,
    text: (text: string) => said.push(text),
    bytes: () => {},
    ping: () => {},
    close: (code: number) => closed.push(code),
  };
  const clock = new FakeClock();
  const sessions = {
    hasRoom: true,
    open: () => {
      throw new Error('nobody joins here');
    },
  };
  const topics = new Topics({
    rooms: new Rooms(limits),
    kept: new Kept({ clock, limits }),
    config: { public: true, topics: [] },
  });
  const deps = { clock, limits, sessions, topics, of: collectionOf };
  const visitor = { origin: null, host: null, cookie: null };
  const socket = new Socket(deps, pipe, { vsn: 2, apikey: null, visitor });
  const beat = JSON.stringify([null, '1', 'phoenix', 'heartbeat', {}]);
  pipe.queuedBytes = limits.socketHoldBytesMax;
  socket.receive(beat);
  expect([said.length, closed]).toEqual([1, []]);
  pipe.queuedBytes += 1;
  socket.receive(beat);
  socket.receive(beat);
  expect([said.length, closed]).toEqual([1, [1013]]);
});

test('[SB7] a room holds so many who are present and no more, and is gone with the last', () => {
  const rooms = new Rooms({ ...limits, presencesPerRoomMax: 2, dialectRoomsMax: 1 });
  const members = [1, 2, 3].map(() => ({ broadcast: () => {}, presence: () => {} }));
  const [a, b, c] = members;
  assert(a !== undefined && b !== undefined && c !== undefined, 'three members');
  for (const member of members) expect(rooms.enter('main', 't', member)).toBe(true);
  expect(rooms.enter('main', 'other', a)).toBe(false);
  expect(rooms.track('main', 't', a, { key: 'k', fields: {} })).toBe(true);
  expect(rooms.track('main', 't', b, { key: 'k', fields: {} })).toBe(true);
  expect(rooms.track('main', 't', c, { key: 'k', fields: {} })).toBe(false);
  expect(rooms.present('other-org', 't')).toEqual([]);
  for (const member of members) rooms.leave('main', 't', member);
  expect(rooms.size).toBe(0);
});
