import { ok } from '@statewire/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bornService } from '../../derive/born.ts';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';
import { csv } from './csv.ts';

const HOUR = 3_600_000;
let world: World;
let key: string;
let start: number;
beforeEach(async () => {
  world = await createWorld();
  key = await world.key('read');
  // A life of four hours, all of it before now: up, one hour down, up.
  await world.keep.commit.write('main', 'test', (draft) => {
    // The world's clock goes on by itself: the life begins when the record does.
    start = draft.now;
    draft.put('services', 'shop', bornService(draft.now, { kind: 'http', name: 'Shop' }));
    return ok(null);
  });
  world.skip(4 * HOUR);
  await world.keep.commit.write('main', 'test', (draft) => {
    draft.put('services', 'shop', { ...bornService(draft.now, { kind: 'http', name: 'Shop' }), status: 'up' });
    const of = { collection: 'services', id: 'shop', code: 'c', cause: 'test' };
    draft.transition({ ...of, at: start, from: 'pending', to: 'up', text: '' });
    draft.transition({ ...of, at: start + HOUR, from: 'up', to: 'down', text: '=HYPERLINK("x"), "quoted"\nline' });
    draft.transition({ ...of, at: start + 2 * HOUR, from: 'down', to: 'up', text: '' });
    for (const [i, ms] of [10, 20, 30].entries())
      draft.sample({ collection: 'services', id: 'shop', at: start + i * HOUR, ms, v: i === 1 ? 'd' : 'u' });
    return ok(null);
  });
});
afterEach(() => world.close());

const get = (path: string): Promise<Reply> => world.call('GET', path, { key });

test('[HI13] uptime of a record: percent, strict, coverage, outages and latency of the window asked for', async () => {
  const all = await get(`/v1/services/shop/uptime?from=${start}&to=${start + 4 * HOUR}`);
  expect(all.status).toBe(200);
  expect(all.json).toMatchObject({
    pct: 75,
    strictPct: 75,
    coverage: 1,
    ms: { up: 3 * HOUR, down: HOUR },
    outages: { count: 1, longestMs: HOUR, list: [{ from: start + HOUR, to: start + 2 * HOUR, ms: HOUR }] },
  });
  const day = await get('/v1/services/shop/uptime?window=24h');
  expect(day.json).toMatchObject({
    coverage: 0.166,
    checks: 3,
    bad: 1,
    successPct: 66.666,
    latency: { min: 10, avg: 20, max: 30 },
  });
  const before = await get(`/v1/services/shop/uptime?from=${start - 2 * HOUR}&to=${start}`);
  expect(before.json).toMatchObject({ pct: null, strictPct: null, coverage: 0, outages: { count: 0, list: [] } });
  const month = await get(`/v1/services/shop/uptime?month=${new Date(start).toISOString().slice(0, 7)}`);
  expect(month.json['pct']).not.toBeNull();
  expect((await get('/v1/services/shop/uptime?window=400d')).status).toBe(200);
  for (const bad of ['window=0d', 'window=week', 'month=2026-13', `from=${start}&to=1`, 'nonsense=1'])
    expect((await get(`/v1/services/shop/uptime?${bad}`)).status, bad).toBeGreaterThanOrEqual(400);
  expect((await get('/v1/services/nobody/uptime')).status).toBe(404);
});

test('[HI13] uptime of all records at once, from memory and from days', async () => {
  const short = await get('/v1/uptime?window=24h');
  expect(short.json['rows']).toMatchObject([
    { id: 'shop', name: 'Shop', pct: 75, downMs: HOUR, outages: 1, longestMs: HOUR },
  ]);
  expect((await get('/v1/uptime?window=365d&collection=services')).json['rows']).toMatchObject([{ id: 'shop' }]);
  expect((await get('/v1/uptime?collection=agents')).json['rows']).toEqual([]);
  expect((await get('/v1/uptime?collection=checks')).status).toBeGreaterThanOrEqual(400);
  expect((await get('/v1/services/shop/months')).json).toEqual({ months: [] });
});

test('[HI13] an agent has uptime, outages and a history like a service', async () => {
  const report = await world.key('report');
  const from = world.now();
  for (const health of ['healthy', 'unhealthy', 'healthy']) {
    const body = { collection: 'agents', id: 'ada', name: 'Ada', health, final: true };
    expect((await world.call('POST', '/v1/reports', { key: report, body })).status).toBe(200);
    world.skip(HOUR);
  }
  const { json } = await get(`/v1/agents/ada/uptime?from=${from}&to=${from + 3 * HOUR}`);
  expect(json).toMatchObject({ outages: { count: 1 } });
  expect(json['pct']).toBeGreaterThan(66);
  expect(json['pct']).toBeLessThan(67);
  const { transitions } = (await get('/v1/agents/ada/history?limit=10')).json;
  expect(transitions).toMatchObject([{ to: 'up' }, { to: 'down' }, { to: 'up' }]);
});

test('[HI12] history answers in the resolution asked for, and as before without one', async () => {
  const raw = await get('/v1/services/shop/history');
  expect(raw.json).toMatchObject({ resolution: 'raw', buckets: [] });
  expect([raw.json['transitions'], raw.json['samples']].map((list) => Array.isArray(list) && list.length)).toEqual([
    3, 3,
  ]);
  const span = `from=${start}&to=${start + 4 * HOUR}`;
  for (const resolution of ['5m', '1h', '1d']) {
    const { json } = await get(`/v1/services/shop/history?${span}&resolution=${resolution}`);
    expect(json['samples']).toEqual([]);
    const buckets = Array.isArray(json['buckets']) ? json['buckets'] : [];
    const total = (of: (bucket: unknown) => unknown): number =>
      buckets.reduce((sum: number, bucket) => sum + Number(of(bucket)), 0);
    expect(
      total((bucket) => Reflect.get(Reflect.get(Object(bucket), 'ms'), 'down')),
      resolution,
    ).toBe(HOUR);
    expect(
      total((bucket) => Reflect.get(Object(bucket), 'checks')),
      resolution,
    ).toBe(3);
  }
  const zoned = await get(`/v1/services/shop/history?${span}&resolution=1d&zone=Asia/Kolkata`);
  expect(JSON.stringify(zoned.json['buckets'])).toContain('"widthMs":86400000');
  expect((await get(`/v1/services/shop/history?${span}&resolution=auto`)).json['resolution']).toBe('raw');
  expect((await get('/v1/services/shop/history?resolution=auto&from=0')).json['resolution']).toBe('1d');
  expect((await get('/v1/services/shop/history?zone=Mars/Olympus')).status).toBeGreaterThanOrEqual(400);
});

test('[HI14] CSV follows RFC 4180 and runs in no spreadsheet', async () => {
  const reply = await get('/v1/services/shop/export.csv?what=transitions');
  expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(reply.headers.get('content-disposition')).toBe('attachment; filename="shop-transitions.csv"');
  const lines = reply.text.split('\r\n');
  expect(lines[0]).toBe('at,recordedAt,from,to,code,text,cause');
  expect(lines[2]).toContain(`"'=HYPERLINK(""x""), ""quoted""\nline"`);
  expect(lines).toHaveLength(5);
  expect(
    csv(
      ['a', 'b'],
      [
        { a: '+1', b: -1 },
        { a: '@x', b: null },
        { a: '-x', b: true },
        { a: '\t=1', b: 'fine' },
      ],
    ),
  ).toBe("a,b\r\n'+1,-1\r\n'@x,\r\n'-x,true\r\n'\t=1,fine\r\n");
});

test('[HI14] an export is taken page by page without losing or repeating a row', async () => {
  const seen: unknown[] = [];
  let next = '';
  for (let pages = 0; pages < 9; pages += 1) {
    const { json } = await get(`/v1/services/shop/export.json?what=samples&limit=2${next}`);
    seen.push(...(Array.isArray(json['rows']) ? json['rows'] : []));
    if (typeof json['next'] !== 'string') break;
    next = `&cursor=${json['next']}`;
  }
  expect(seen).toEqual([10, 20, 30].map((ms, i) => ({ at: start + i * HOUR, ms, v: i === 1 ? 'd' : 'u' })));
  const buckets = await get('/v1/services/shop/export.json?what=buckets&resolution=1h&limit=3');
  expect(buckets.json['rows']).toHaveLength(3);
  expect(typeof buckets.json['next']).toBe('string');
  expect((await get('/v1/services/nobody/export.csv')).status).toBe(404);
  expect((await get('/v1/services/shop/export.json?limit=9999')).status).toBeGreaterThanOrEqual(400);
});

test('[HI6] annotations are made for records with a status, over a stretch that has a length', async () => {
  const post = (body: object): Promise<Reply> => world.call('POST', '/v1/annotations', { key: ADMIN_KEY, body });
  const body = { subject: 'services/shop', from: start, to: start + HOUR, kind: 'maintenance', text: 'planned' };
  const made = await post(body);
  expect([made.status, made.word('by') !== '']).toEqual([201, true]);
  expect((await get('/v1/services/shop/uptime?window=24h')).json).toMatchObject({ ms: { maintenance: HOUR } });
  expect((await post({ ...body, to: start })).status).toBe(422);
  expect((await post({ ...body, to: start + 400 * 24 * HOUR })).status).toBe(422);
  expect((await post({ ...body, subject: 'services/nobody' })).status).toBe(404);
  expect((await post({ ...body, subject: 'jobs/x' })).status).toBe(422);
  expect((await world.call('POST', '/v1/annotations', { key, body })).status).toBe(403);
});
