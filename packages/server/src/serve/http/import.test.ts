import type { Json } from '@statewire/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type Reply, type World } from '../../testing/http-world.ts';

let world: World;
let admin: string;

beforeAll(async () => {
  world = await createWorld({ limits: { importRecordsMax: 50, importBytesMax: 20_000, importYamlBytesMax: 10_000 } });
  admin = await world.key('admin');
});
afterAll(() => world.close());

function send(text: string, query: string, key = admin): Promise<Reply> {
  return world.call('POST', `/v1/import?${query}`, { key, raw: text, headers: { 'content-type': 'application/yaml' } });
}

function lines(reply: Reply, list: 'left' | 'taken'): readonly Readonly<Record<string, Json>>[] {
  const items = reply.json[list];
  if (!Array.isArray(items)) throw new Error(reply.text.slice(0, 500));
  return items;
}

const KUMA = JSON.stringify({
  version: '1.23.16',
  notificationList: [
    {
      id: 1,
      name: 'Hook',
      active: true,
      config: JSON.stringify({ type: 'webhook', webhookURL: 'https://example.org/hook' }),
    },
  ],
  monitorList: [
    { id: 1, name: 'Shop', type: 'group' },
    { id: 2, name: 'Cart', type: 'http', url: 'https://cart.example.org/', interval: 60, parent: 1, active: 1 },
    { id: 3, name: 'Nightly', type: 'push', interval: 3600, parent: 1, active: 0 },
    { id: 4, name: 'Container', type: 'docker' },
  ],
  maintenanceList: [
    {
      id: 1,
      title: 'Sundays',
      active: 1,
      strategy: 'recurring-weekday',
      weekdays: [0],
      start_time: '02:00',
      end_time: '03:00',
      timezone: 'UTC',
      monitorIDList: [2, 3],
    },
  ],
});

test('[IM5] a dry run says what would happen and writes nothing; then it happens; again it changes nothing', async () => {
  const before = world.keep.commit.version('main');
  const dry = await send(KUMA, 'format=uptime-kuma&dry_run=1');
  expect(dry.status).toBe(200);
  expect(dry.json).toMatchObject({ dryRun: true });
  expect(lines(dry, 'taken').map(({ id, action }) => [action, id])).toEqual([
    ['create', 'kuma-channel-1'],
    ['create', 'kuma-2'],
    ['create', 'kuma-3'],
    ['create', 'kuma-1'],
    ['create', 'kuma-maintenance-1'],
  ]);
  expect(lines(dry, 'left')).toMatchObject([{ from: 'monitor 4', reason: expect.stringMatching(/docker/) }]);
  expect(world.keep.commit.version('main')).toBe(before);

  const done = await send(KUMA, 'format=uptime-kuma');
  expect(lines(done, 'taken').filter(({ ok }) => ok !== true)).toEqual([]);
  const read = async (path: string) => (await world.call('GET', path, { key: admin })).json;
  expect(await read('/v1/services/kuma-3')).toMatchObject({
    kind: 'heartbeat',
    desired: 'paused',
    status: 'paused',
    group: 'Shop',
  });
  expect(await read('/v1/services/kuma-1')).toMatchObject({ kind: 'group' });
  expect(await read('/v1/maintenances/kuma-maintenance-1')).toMatchObject({
    state: expect.any(String),
    affectedCount: 2,
  });
  expect(await read('/v1/channels/kuma-channel-1')).toMatchObject({ kind: 'webhook', secrets: ['secret'] });

  const version = world.keep.commit.version('main');
  const again = await send(KUMA, 'format=uptime-kuma');
  expect(lines(again, 'taken').map(({ action, ok }) => [action, ok])).toEqual([
    ['update', true],
    ['update', true],
    ['update', true],
    ['update', true],
    ['keep', true],
  ]);
  expect(world.keep.commit.version('main')).toBe(version);
});

test('[IM5] what is there and of another kind, or managed elsewhere, is said and left as it is', async () => {
  await world.call('POST', '/v1/services', { key: admin, body: { id: 'gatus-odd', name: 'Mine', kind: 'heartbeat' } });
  const reply = await send(
    'endpoints: [{name: odd, url: "tcp://a.example:1", conditions: ["[CONNECTED] == true"]}]',
    'format=gatus',
  );
  expect(lines(reply, 'taken')).toMatchObject([
    { id: 'gatus-odd', ok: false, message: expect.stringMatching(/of kind heartbeat here/) },
  ]);
  expect((await world.call('GET', '/v1/services/gatus-odd', { key: admin })).json).toMatchObject({ name: 'Mine' });
});

test('[IM5] our own file makes services, channels and maintenances', async () => {
  const yaml = `
services:
  - {id: own-a, name: A, kind: heartbeat, group: own}
  - {name: no id, kind: heartbeat}
maintenances:
  - {id: own-m, title: M, selector: {collection: services, where: [eq, group, own]}, schedule: {kind: once, durationMs: 600000}}
alerts: []
`;
  const reply = await send(yaml, 'format=statewire');
  expect(lines(reply, 'taken')).toMatchObject([
    { id: 'own-a', ok: true },
    { id: 'own-m', ok: true },
  ]);
  expect(lines(reply, 'left').map(({ from }) => from)).toEqual(['services 2', 'alerts']);
  expect((await world.call('GET', '/v1/services/own-a', { key: admin })).json).toMatchObject({ status: 'maintenance' });
});

test('[IM4] what is no file, too large or too many is refused, and nothing is written', async () => {
  const before = world.keep.commit.version('main');
  expect((await send('[]', 'format=gatus')).status).toBe(422);
  expect((await send('a: [', 'format=gatus')).status).toBe(422);
  expect((await send('x'.repeat(30_000), 'format=gatus')).status).toBe(413);
  // YAML is slow to read, so less of it is taken than of JSON; flow style is YAML too.
  for (const start of ['', '{']) {
    const slow = await send(`${start}a: ${'x'.repeat(10_000)}`, 'format=gatus');
    expect([slow.status, slow.text]).toEqual([413, expect.stringContaining('expected at most 10000; split the file')]);
  }
  expect((await send(JSON.stringify({ endpoints: [], a: 'x'.repeat(15_000) }), 'format=gatus')).status).toBe(200);
  const html = await world.call('POST', '/v1/import?format=gatus', {
    key: admin,
    raw: 'endpoints: []',
    headers: { 'content-type': 'text/html' },
  });
  expect(html.status).toBe(415);
  const many = Array.from({ length: 60 }, (_, n) => `{name: n${n}, url: "tcp://a:1"}`).join(',');
  expect((await send(`endpoints: [${many}]`, 'format=gatus')).text).toMatch(/found 60 records, expected at most 50/);
  expect((await send('endpoints: []', 'format=nagios')).status).toBe(400);
  expect((await send('endpoints: []', 'format=gatus', await world.key('read'))).status).toBe(403);
  expect(world.keep.commit.version('main')).toBe(before);
});
