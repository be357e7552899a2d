import { ok, type JsonObject } from '@statewire/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DERIVED, DERIVED_PAST, stepDerived } from '../../derive/derived-past.ts';
import { putMetric } from '../../joints/metric.ts';
import { createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
let key: string;
let admin: string;

beforeAll(async () => {
  world = await createWorld();
  [key, admin] = await Promise.all([world.key('read'), world.key('admin')]);
  const make = (body: JsonObject) => world.call('POST', '/v1/services', { key: admin, body });
  await make({
    id: 'shop',
    name: 'Shop',
    kind: 'http',
    target: 'https://example.com/',
    group: 'web',
    labels: { env: 'prod' },
  });
  await make({ id: 'db', name: 'Database', kind: 'tcp', target: 'example.com:5432', labels: { env: 'test' } });
  for (const id of ['shop', 'db'])
    await report({ collection: 'services', id, health: 'healthy', final: true, latencyMs: 40 });
  await report({ collection: 'jobs', id: 'j1', title: 'One', state: 'succeeded' });
  await report({ collection: 'jobs', id: 'j2', title: 'Two', state: 'failed' });
  await report({ collection: 'metrics', id: 'orders', set: 5, unit: 'orders', target: 10 });
});

afterAll(() => world.close());

async function report(body: JsonObject): Promise<void> {
  const told = await world.call('POST', '/v1/reports', { key: admin, body });
  expect(told.status, told.text).toBeLessThan(300);
}

function ask(query: string, by = key): Promise<Reply> {
  return world.call('GET', `/v1/analytics?${query}`, { key: by });
}

test('[DM5] a window is answered from buckets, the open one included, and from what is remembered', async () => {
  world.skip(60_000);
  const { json } = await ask('window=24h');
  expect(json).toMatchObject({
    widthMs: 3_600_000,
    counted: { services: 2, of: 2 },
    uptime: { now: 100, before: null },
    runs: { ended: { now: 2 }, failed: { now: 1 }, failureRate: { now: 50, before: null } },
    metrics: [{ id: 'orders', unit: 'orders', value: 5, target: 10 }],
  });
  expect(json['at']).toHaveLength(24);
  const { values } = z.object({ values: z.array(z.number().nullable()) }).parse(json['uptime']);
  expect(values.at(-1)).toBe(100);
  expect(values.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => null));
});

test.each([
  ['kind=tcp', ['db']],
  ['group=web', ['shop']],
  ['label=env', ['db', 'shop']],
  ['label=env%3Dprod', ['shop']],
  ['label=env%3D', []],
  ['kind=mqtt', []],
])('[DM7] %s narrows everything, and leaves out what belongs to no service', async (query, ids) => {
  const reply = await ask(query);
  expect(reply.words('services', 'id').toSorted()).toEqual(ids);
  expect(reply.json).toMatchObject({ metrics: [], runs: { ended: { now: 0 } } });
});

test('[DM7] the same question within half a minute has the same answer, whoever is of the same sight asks', async () => {
  const first = await ask('window=30d');
  await report({ collection: 'metrics', id: 'orders', increment: 1 });
  expect((await ask('window=30d', admin)).text).toBe(first.text);
  expect((await ask('window=30d', await world.key('read', 'other'))).json).toMatchObject({
    counted: { services: 0, of: 0 },
    metrics: [],
  });
});

test('[DM7] tables come as CSV, a row per slot, service or rule', async () => {
  const slots = await ask('format=csv&table=slots');
  expect(slots.headers.get('content-type')).toContain('text/csv');
  expect(slots.text.split('\r\n')).toHaveLength(9);
  expect(slots.text).toMatch(
    /^at,uptimePct,coverage,p50,p95,alerts,incidents,runsEnded,runsFailed,connectionsPct,metric:orders\r\n/u,
  );
  expect((await ask('format=csv&table=services')).text).toContain('shop,Shop,http,web,100,');
  expect((await ask('format=csv&table=rules')).text).toBe('rule,name,count\r\n');
});

test('[DM7] what is not understood is refused', async () => {
  for (const query of ['window=1y', 'label=%3Dx', 'table=all', 'sort=x'])
    expect((await ask(query)).status, query).toBe(400);
  expect((await world.call('GET', '/v1/analytics')).status).toBe(401);
  expect((await ask('', await world.key('report'))).status).toBe(403);
});

test('[DM10] counts of the fleet are lines with what holds now, and none for who narrows or may not read metrics', async () => {
  const lines = z.object({
    derived: z.array(
      z.object({ id: z.string(), title: z.string(), value: z.number(), values: z.array(z.number().nullable()) }),
    ),
  });
  const count = (total: number): Promise<unknown> =>
    world.keep.commit.write('main', 'system', (draft) => {
      putMetric(draft, 'fleet', { 'services.total': total, 'services.http.up': 1 });
      const sampledAt = draft.now - 86_400_000;
      const before = stepDerived(null, DERIVED['fleet'] ?? [], { 'services.total': 9 }, sampledAt);
      draft.document(DERIVED_PAST, 'fleet', before);
      return ok(null);
    });
  await count(2);
  const { derived } = lines.parse((await ask('window=90d')).json);
  expect(derived.map(({ id }) => id)).toEqual(['fleet/services.total']);
  const services = derived.find(({ id }) => id === 'fleet/services.total');
  expect(services).toMatchObject({ title: 'Services', value: 2 });
  expect(services?.values).toHaveLength(90);
  expect(services?.values.slice(-3)).toEqual([null, 9, 2]);
  expect(lines.parse((await ask('window=90d&kind=tcp')).json).derived).toEqual([]);
  const table = await ask('window=90d&format=csv&table=slots');
  expect(table.text.split('\n', 1)[0]).toContain('metric:fleet/services.total');
});
