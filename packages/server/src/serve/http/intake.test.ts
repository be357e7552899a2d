import { afterEach, beforeEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type World } from '../../testing/http-world.ts';

let world: World;
let report: string;
beforeEach(async () => {
  world = await createWorld();
  report = await world.key('report');
});
afterEach(() => world.close());

const row = (collection: string, id: string) => world.keep.live.get('main', collection, id)?.row;

test('one report is answered as one, many in order, each by itself', async () => {
  const one = await world.call('POST', '/v1/reports', {
    key: report,
    body: { collection: 'agents', id: 'a1', phase: 'running', health: 'healthy' },
  });
  expect(one.json).toMatchObject({ id: 'a1', ok: true, version: world.keep.live.version('main') });
  expect(row('agents', 'a1')).toMatchObject({ phase: 'running' });
  const many = await world.call('POST', '/v1/reports', {
    key: report,
    body: [
      { collection: 'agents', id: 'a1', phase: 'idle' },
      { collection: 'agents', id: 'a2', health: 'sick' },
      { collection: 'jobs', id: 'j1', title: 'Scan', kind: 'scan', state: 'running', done: 3, total: 10 },
    ],
  });
  expect(many.json['results']).toMatchObject([
    { id: 'a1', ok: true },
    { id: 'a2', ok: false, code: 'bad_field' },
    { id: 'j1', ok: true },
  ]);
  expect(row('agents', 'a2')).toBeUndefined();
  expect(row('jobs', 'j1')).toMatchObject({ progress: { done: 3, total: 10 } });
});

test('one report that is refused is a refusal', async () => {
  const reply = await world.call('POST', '/v1/reports', {
    key: report,
    body: { collection: 'agents', id: 'a1', health: 'sick' },
  });
  expect(reply.json).toMatchObject({ status: 422, code: 'bad_field' });
  const unknown = await world.call('POST', '/v1/reports', { key: report, body: { collection: 'nosuch', id: 'a1' } });
  expect(unknown.json).toMatchObject({ status: 404, code: 'unknown_collection' });
});

test.each([
  [[]],
  [{}],
  [null],
  ['x'],
  [7],
  [{ collection: 7 }],
  [[[]]],
  [{ collection: 'agents', id: 7 }],
  [Array.from({ length: 1_001 }, () => ({ collection: 'agents' }))],
])('not a report: %j', async (body) => {
  expect((await world.call('POST', '/v1/reports', { key: report, body })).status).toBe(422);
  expect(world.keep.live.count('main')).toBe(0);
});

test('a heartbeat is a GET or a POST; it can make its service; what it says is written down', async () => {
  expect((await world.call('GET', '/v1/heartbeats/backup', { key: report })).status).toBe(404);
  const made = await world.call('GET', '/v1/heartbeats/backup?create=true&period=60000', { key: report });
  expect(made.json).toMatchObject({ id: 'backup', ok: true });
  expect(row('services', 'backup')).toMatchObject({ kind: 'heartbeat', status: 'up', fresh: 'live' });
  const failed = await world.call('POST', '/v1/heartbeats/backup?status=fail&ms=12.5', {
    key: report,
    raw: 'disk full',
  });
  expect(failed.status).toBe(200);
  expect(row('services', 'backup')).toMatchObject({ status: 'down' });
  expect(JSON.stringify(row('services', 'backup'))).toContain('disk full');
});

test("the service's own token is credential enough, says nothing of the service, and is for administrators to see", async () => {
  await world.call('GET', '/v1/heartbeats/backup?create=true&period=60000', { key: report });
  const token = JSON.stringify((await world.call('GET', '/v1/checks/backup', { key: ADMIN_KEY })).json['target']).slice(
    1,
    -1,
  );
  expect(token.length).toBeGreaterThan(20);
  const reply = await world.call('GET', `/v1/heartbeats/${token}`);
  expect([reply.status, reply.json]).toEqual([200, { ok: true }]);
  expect((await world.call('GET', '/v1/services/backup', { key: ADMIN_KEY })).text).not.toContain(token);
  expect((await world.call('GET', `/v1/heartbeats/${token.slice(0, -1)}`)).status).toBe(404);
  expect((await world.call('GET', '/v1/heartbeats/backup')).status).toBe(404);
});

test('a HEAD is not a heartbeat: link previews send those', async () => {
  await world.call('GET', '/v1/heartbeats/backup?create=true&period=60000', { key: report });
  const version = world.keep.live.version('main');
  expect((await world.call('HEAD', '/v1/heartbeats/backup?status=fail', { key: report })).status).toBe(405);
  expect(world.keep.live.version('main')).toBe(version);
});

test('making a service by a beat needs a credential', async () => {
  expect((await world.call('GET', '/v1/heartbeats/new?create=true&period=60000')).status).toBe(401);
  expect(world.keep.live.count('main')).toBe(0);
});

test('a wrong credential is not tried as a token', async () => {
  expect((await world.call('GET', '/v1/heartbeats/backup?create=true', { key: 'wrong' })).status).toBe(401);
  expect((await world.call('GET', '/v1/heartbeats/backup?create=true', { key: await world.key('read') })).status).toBe(
    403,
  );
  expect(world.keep.live.count('main')).toBe(0);
});

test.each([
  'status=up',
  'ms=-1',
  'ms=NaN',
  'ms=1e9999',
  'period=0',
  'period=999',
  'create=1',
  'status=ok&status=fail',
  'x=1',
])('a query that is not one is refused: %s', async (query) => {
  expect((await world.call('GET', `/v1/heartbeats/backup?${query}`, { key: report })).status).toBe(400);
});

test('the text of a beat is bounded, UTF-8 and without control characters', async () => {
  await world.call('GET', '/v1/heartbeats/backup?create=true&period=60000', { key: report });
  const beat = (raw: string | Uint8Array<ArrayBuffer>) =>
    world.call('POST', '/v1/heartbeats/backup?status=fail', { key: report, raw });
  expect((await beat('x'.repeat(10_241))).status).toBe(413);
  expect((await beat(new Uint8Array([0xff, 0xfe]))).status).toBe(400);
  expect((await beat('a\u0000b\u001b[31mc\nd')).status).toBe(200);
  expect(JSON.stringify(row('services', 'backup'))).toContain('a b [31mc');
});
