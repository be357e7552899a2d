import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type World } from '../../testing/http-world.ts';

let world: World;
let report: string;
beforeAll(async () => {
  world = await createWorld();
  report = await world.key('report');
});
beforeEach(() => {
  world.reports.length = 0;
  world.beats.length = 0;
});
afterAll(() => world.close());

test('one report is answered as one, many in order, each by itself', async () => {
  const one = await world.call('POST', '/v1/reports', {
    key: report,
    body: { collection: 'agents', id: 'a1', phase: 'running' },
  });
  expect(one.json).toMatchObject({ id: 'a1', ok: true });
  expect(world.reports[0]).toMatchObject({
    principal: { org: 'main', scopes: ['report'] },
    report: { collection: 'agents', id: 'a1', phase: 'running' },
  });
  const many = await world.call('POST', '/v1/reports', {
    key: report,
    body: [{ collection: 'agents', id: 'a1' }, { collection: 'agents', id: 'bad' }, { collection: 'jobs' }],
  });
  expect(many.json['results']).toMatchObject([
    { id: 'a1', ok: true },
    { id: 'bad', ok: false, code: 'bad_field' },
    { ok: true },
  ]);
});

test('one report that is refused is a refusal', async () => {
  expect(
    (await world.call('POST', '/v1/reports', { key: report, body: { collection: 'agents', id: 'bad' } })).json,
  ).toMatchObject({ status: 422, code: 'bad_field' });
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
  expect(world.reports).toEqual([]);
});

test('a heartbeat is a GET or a POST, with a credential or by its own token', async () => {
  expect((await world.call('GET', '/v1/heartbeats/backup', { key: report })).json).toMatchObject({
    id: 'backup',
    ok: true,
  });
  expect(
    (await world.call('POST', '/v1/heartbeats/backup?status=fail&ms=12.5', { key: report, raw: 'disk full' })).status,
  ).toBe(200);
  const byToken = await world.call('GET', '/v1/heartbeats/tok_Abcdefghij');
  expect(byToken.json).toEqual({ ok: true });
  expect(world.beats).toMatchObject([
    { slug: 'backup', signal: 'ok', ms: null, text: '', create: null, principal: { org: 'main' } },
    { slug: 'backup', signal: 'fail', ms: 12.5, text: 'disk full' },
    { slug: 'tok_Abcdefghij', principal: null },
  ]);
});

test('a HEAD is not a heartbeat: link previews send those', async () => {
  expect((await world.call('HEAD', '/v1/heartbeats/backup', { key: report })).status).toBe(405);
  expect(world.beats).toEqual([]);
});

test('making a service by a beat needs a credential', async () => {
  expect((await world.call('GET', '/v1/heartbeats/new?create=true&period=60000')).status).toBe(401);
  expect((await world.call('GET', '/v1/heartbeats/new?create=true&period=60000', { key: report })).status).toBe(200);
  expect(world.beats).toMatchObject([{ create: { periodMs: 60_000 } }]);
});

test('a wrong credential is not tried as a token', async () => {
  expect((await world.call('GET', '/v1/heartbeats/backup', { key: 'wrong' })).status).toBe(401);
  expect((await world.call('GET', '/v1/heartbeats/backup', { key: await world.key('read') })).status).toBe(403);
  expect(world.beats).toEqual([]);
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

test('the text of a beat is bounded and without control characters', async () => {
  expect((await world.call('POST', '/v1/heartbeats/backup', { key: report, raw: 'x'.repeat(10_241) })).status).toBe(
    413,
  );
  await world.call('POST', '/v1/heartbeats/backup', { key: report, raw: 'a\u0000b\u001b[31mc\nd' });
  expect(world.beats.at(-1)?.text).toBe('a b [31mc\nd');
  expect(
    (await world.call('POST', '/v1/heartbeats/backup', { key: report, raw: new Uint8Array([0xff, 0xfe]) })).status,
  ).toBe(400);
});

test('a slug nobody has is missing', async () => {
  expect((await world.call('GET', '/v1/heartbeats/missing', { key: ADMIN_KEY })).status).toBe(404);
});
