import { collectionOf } from '@statewire/model';
import { assert, ok, type JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../../../lib/limits.ts';
import type { Principal } from '../../../lib/principal.ts';
import { FakeClock } from '../../../testing/fake-clock.ts';
import { Rooms } from '../rooms.ts';
import { changesOf, goneOf, replayOf } from './changes.ts';
import { parseRowFilter } from './filter.ts';
import { Live } from '../../../keep/live.ts';
import { Absences, Departures } from './departures.ts';
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
  // Each of these bytes is read as a letter of three: the name would not fit the byte that says its length.
  const broken = Buffer.alloc(100, 0xff);
  const named = (event: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from([3, 1, 1, 10, event.length, 0, 1]),
      Buffer.from('12realtime:a'),
      event,
      Buffer.from('{}'),
    ]);
  expect(decodePush(named(Buffer.from('move'))).ok).toBe(true);
  expect(decodePush(named(broken))).toMatchObject({ ok: false, code: 'bad_request' });
  expect(decodePush(named(Buffer.alloc(0)))).toMatchObject({ ok: false, code: 'bad_request' });
  expect([...encodeBroadcast('t', 'e', new Uint8Array([7, 8]))]).toEqual([4, 1, 1, 0, 0, 116, 101, 7, 8]);
});

const nobody: Principal = {
  kind: 'key',
  id: 'key',
  name: 'key',
  org: 'main',
  scopes: [],
  permissions: [],
  isOperator: false,
  expiresAt: null,
};

function bind(entry: JsonObject): Binding {
  const wish = readJoin({ config: { postgres_changes: [entry] } }, { of: collectionOf, limits });
  const [binding] = wish.ok ? wish.value.bindings : [];
  assert(binding !== undefined && 'table' in binding, 'a binding of one table');
  return binding;
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
  expect(replayOf(all, [down, { ...down, updatedAt: 2 }], { since: 6, heardUntil: null })).toMatchObject([
    { type: 'UPDATE', record: { id: 'a:b' } },
  ]);
  const updates = bind({ event: 'UPDATE', schema: 'public', table: 'connections' });
  expect(changesOf(updates, { type: 'enter', id: 'a:b', row: down, at })).toMatchObject([{ type: 'UPDATE' }]);
  expect(changesOf(updates, { type: 'enter', id: 'a:b', row: { ...down, createdAt: 6 }, at })).toEqual([]);
  const log = bind({ event: 'INSERT', schema: 'public', table: 'agent_mcp_connection_logs' });
  expect(changesOf(log, { type: 'update', id: 'a:b', before: up, row: down, at })).toMatchObject([{ type: 'INSERT' }]);
});

test('[SB5] the tables of well-known status platforms are there under their own names, with their columns', () => {
  const at = 6;
  const before = { id: 'shop', name: 'Shop', kind: 'mcp', status: 'up', reason: null, createdAt: 1, updatedAt: 5 };
  const row = { ...before, status: 'down', updatedAt: 6 };
  const link = { id: 'a7:shop', agent: 'a7', service: 'shop', status: 'up', reason: null, createdAt: 1, updatedAt: 5 };
  const of = (entry: JsonObject, record: JsonObject, was: JsonObject) =>
    changesOf(bind({ schema: 'public', ...entry }), { type: 'update', id: 'x', before: was, row: record, at });
  const timestamp = new Date(6).toISOString();
  expect(of({ event: '*', table: 'mcp_server_status_logs' }, row, before)).toMatchObject([
    { type: 'INSERT', record: { server_id: 'shop', status: 'down', timestamp } },
  ]);
  expect(of({ event: 'INSERT', table: 'agent_mcp_connection_logs' }, { ...link, updatedAt: 6 }, link)).toMatchObject([
    { type: 'INSERT', record: { connection_id: 'a7:shop', agent_id: 'a7', status: 'up', timestamp } },
  ]);
  const mine = { event: '*', table: 'agent_mcp_connections', filter: 'agent_id=eq.a7' };
  expect(of(mine, { ...link, status: 'down', updatedAt: 6 }, link)).toMatchObject([
    { type: 'UPDATE', record: { id: 'a7:shop', agent_id: 'a7', server_id: 'shop', status: 'down' } },
  ]);
  const theirs = { ...link, agent: 'b8' };
  expect(of(mine, { ...theirs, status: 'down', updatedAt: 6 }, theirs)).toEqual([]);
  const tools = { event: '*', table: 'account_tool_instances', filter: 'mcp_server_type=not.is.null' };
  expect(of(tools, row, before)).toMatchObject([
    {
      type: 'UPDATE',
      record: { id: 'shop', instance_name_on_toolbox: 'Shop', status_on_toolbox: 'down', mcp_server_type: 'mcp' },
    },
  ]);
});

test('[SB14] what a client missed: last values always, what is new as new only to who was here, what is gone by its key', () => {
  const all = bind({ event: '*', schema: 'public', table: 'services', filter: 'status=eq.down' });
  const inserts = bind({ event: 'INSERT', schema: 'public', table: 'services' });
  const log = bind({ event: '*', schema: '*', table: 'mcp_server_status_logs' });
  const old = { id: 'a', status: 'down', createdAt: 1, updatedAt: 50 };
  const made = { id: 'b', status: 'down', createdAt: 60, updatedAt: 60 };
  const types = (binding: Binding, heardUntil: number | null) =>
    replayOf(binding, [old, made], { since: 10, heardUntil }).map(({ type }) => type);
  expect(types(all, null)).toEqual(['UPDATE', 'UPDATE']);
  expect(types(all, 55)).toEqual(['UPDATE', 'INSERT']);
  expect(types(inserts, null)).toEqual([]);
  expect(types(inserts, 55)).toEqual(['INSERT']);
  expect(types(log, null)).toEqual([]);
  expect(types(log, 45)).toEqual(['INSERT', 'INSERT']);

  const up = { ...old, status: 'up' };
  const gone = (before: JsonObject[], now: JsonObject | null) => goneOf(all, [{ id: 'a', at: 50, before, now }]);
  expect(gone([old], null)).toMatchObject([{ type: 'DELETE', old_record: { id: 'a' } }]);
  expect(gone([up, old], up)).toMatchObject([{ type: 'DELETE' }]);
  expect(gone([up], null)).toEqual([]);
  expect(gone([old], old)).toEqual([]);
  expect(gone([], null)).toMatchObject([{ type: 'DELETE' }]);
});

test('[SB14] departures are remembered for who may see them, while somebody listens, within bounds', () => {
  const clock = new FakeClock();
  const live = new Live();
  const departures = new Departures({ clock, limits: { ...limits, departuresMax: 10 }, live, of: collectionOf });
  const reader = { ...nobody, permissions: ['services:read', 'inboxes:read'] };
  const leave = (collection: string, id: string, fields: JsonObject = {}): void => {
    const row = { id, org: 'main', version: 1, ...fields };
    const change = { org: 'main', collection, id, rid: 1, version: 2, at: clock.now(), before: row, after: null };
    departures.follow({
      org: 'main',
      version: 2,
      at: clock.now(),
      changes: [{ ...change, patch: null, actor: 'x' }],
      transitions: [],
      samples: [],
    });
  };
  const ids = (collection: string) =>
    departures.since(reader, collection, clock.now() - limits.replayMs).map(({ id }) => id);
  leave('services', 'a');
  expect(ids('services')).toEqual(['a']);
  expect(departures.since({ ...reader, org: 'other' }, 'services', 0)).toEqual([]);
  // Of records that are one person's each, only theirs.
  leave('preferences', 'hers', { person: 'somebody', owner: 'somebody' });
  expect(ids('preferences')).toEqual([]);
  clock.advance(limits.replayMs + 1);
  departures.sweep();
  leave('services', 'b');
  expect(ids('services')).toEqual([]);
  departures.listen('main', 'services');
  for (let n = 0; n < 40; n += 1) leave('services', `s${n}`);
  expect(ids('services').length).toBeLessThanOrEqual(20);
  expect(ids('services')).toContain('s39');
  departures.unlisten('main', 'services');
  leave('services', 'late');
  expect(ids('services')).toContain('late');
});

test('[SB14] of a record that is gone nobody is given fields, to filter by either, that there are not for them', () => {
  const clock = new FakeClock();
  const departures = new Departures({ clock, limits, live: new Live(), of: collectionOf });
  departures.listen('main', 'messages');
  const message = { state: 'active', audience: 'everyone', customers: ['acme'], by: 'olga', title: 'T', to: '' };
  const row = { id: 'm', org: 'main', version: 1, ...message };
  const change = { org: 'main', collection: 'messages', id: 'm', rid: 1, version: 2, at: clock.now(), before: row };
  departures.follow({
    org: 'main',
    version: 2,
    at: clock.now(),
    changes: [{ ...change, after: null, patch: null, actor: 'x' }],
    transitions: [],
    samples: [],
  });
  const told = (permissions: readonly string[]) =>
    departures.since({ ...nobody, customers: ['acme'], permissions }, 'messages', 0)[0]?.before[0];
  expect(told(['messages:read', 'messages:change'])).toMatchObject({ id: 'm', by: 'olga', customers: ['acme'] });
  expect(told(['messages:read'])).toMatchObject({ id: 'm', title: 'T' });
  expect(told(['messages:read'])).not.toHaveProperty('by');
  expect(told(['messages:read'])).not.toHaveProperty('customers');
});

test('[SB14] who was cut off is known when it comes back, once, and not for ever', () => {
  const clock = new FakeClock();
  const absences = new Absences({ clock, limits: { ...limits, absencesMax: 2 } });
  expect(absences.back('a')).toBe(null);
  const at = clock.now();
  absences.left('a', at);
  absences.left('a', at + 1);
  expect([absences.back('a'), absences.back('a'), absences.back('a')]).toEqual([at, at + 1, null]);
  for (const who of ['a', 'b', 'c']) absences.left(who, at);
  expect([absences.back('a'), absences.back('b')]).toEqual([null, at]);
  clock.advance(limits.replayMs + 1);
  expect(absences.back('c')).toBe(null);
});

test('[SB15] the columns that are asked for are told and no others; all tables may be asked for, with no filter', () => {
  const some = bind({ event: '*', schema: 'public', table: 'mcp_servers', select: ['id', 'status'] });
  const row = { id: 'a', status: 'up', name: 'A', createdAt: 1 };
  expect(changesOf(some, { type: 'enter', id: 'a', row, at: 1 })).toMatchObject([
    { record: { id: 'a', status: 'up' }, columns: [{ name: 'id' }, { name: 'status' }] },
  ]);
  const read = (entry: JsonObject) => readJoin({ config: { postgres_changes: [entry] } }, { of: collectionOf, limits });
  for (const select of [[], ['nothing'], 'id', [1]])
    expect(read({ event: '*', schema: 'public', table: 'services', select }).ok, JSON.stringify(select)).toBe(false);
  for (const entry of [
    { event: '*', schema: '*' },
    { event: 'INSERT', schema: 'public', table: '*', filter: '' },
  ])
    expect(read(entry)).toMatchObject({ ok: true, value: { bindings: [{ id: 1, said: entry }] } });
  expect(read({ event: '*', schema: 'public', filter: 'id=eq.a' }).ok).toBe(false);
  expect(read({ event: '*', schema: 'auth', table: 'services' }).ok).toBe(false);
});

test('[SB15] a table of the app itself goes before ours of that name', () => {
  const services = collectionOf('services');
  const of = (name: string) => (name === 'app-mcp-servers' ? services : collectionOf(name));
  expect(tableOf('mcp_servers', of)).toMatchObject({ name: 'mcp_servers', columns: null });
  expect(tableOf('mcp_servers', collectionOf)).not.toMatchObject({ columns: null });
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
    ledger: { note: () => {}, settled: async () => ok(null) },
    config: { public: true, topics: [] },
  });
  const departures = new Departures({ clock, limits, live: new Live(), of: collectionOf });
  const absences = new Absences({ clock, limits });
  const deps = { clock, limits, sessions, topics, departures, absences, names: () => [], of: collectionOf };
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
