import { ok, type JsonObject } from '@statewire/protocol';
import { parse } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ruleOf, shippedRules } from '../../derive/alerts/shipped.ts';
import { createWorld, type World } from '../../testing/http-world.ts';

let world: World;
let here: string;
/** A second server, with nothing in it. */
let elsewhere: World;
let there: string;

const DAY_MS = 86_400_000;

/** One of each kind, each said with what its file must keep. */
const made: readonly (readonly [collection: string, body: JsonObject])[] = [
  [
    'roles',
    { id: 'night', name: 'Night shift', description: 'Watches.', permissions: ['alerts:ack', 'services:read'] },
  ],
  [
    'channels',
    {
      id: 'hook',
      name: 'Hook',
      kind: 'webhook',
      settings: { url: 'https://hooks.example.org/told' },
      secrets: { secret: `whsec_${btoa('k'.repeat(32))}`, authorization: 'Bearer secret-word' },
    },
  ],
  ['policies', { id: 'page', name: 'Page', steps: [{ afterMs: 0, channels: ['hook'] }], reminderMs: 3_600_000 }],
  ['rules', { id: 'slow', name: 'Slow', when: { kind: 'latency', aboveMs: 2_000 }, policy: 'page' }],
  [
    'services',
    { id: 'shop', name: 'Shop', kind: 'http', target: 'https://shop.example.org/', labels: { team: 'web' } },
  ],
  [
    'services',
    { id: 'beat', name: 'Beat', kind: 'heartbeat', check: { intervalMs: 90_000 }, dependsOn: ['services/shop'] },
  ],
  ['services', { id: 'all', name: 'All', kind: 'group', members: { refs: ['services/shop', 'services/beat'] } }],
  ['pages', { id: 'public', slug: 'status', title: 'Status', groups: [{ name: 'Shop', services: [{ id: 'shop' }] }] }],
  [
    'embeds',
    {
      id: 'shop-badge',
      name: 'Shop badge',
      panel: 'badge',
      views: [{ collection: 'services', filter: ['eq', 'id', 'shop'], fields: ['name', 'status'] }],
      origins: ['https://www.example.org'],
    },
  ],
  ['settings', { id: 'main', drafting: { isEnabled: false } }],
];

beforeAll(async () => {
  world = await createWorld({});
  here = await world.key('admin');
  elsewhere = await createWorld({});
  there = await elsewhere.key('admin');
  for (const [collection, body] of made) {
    const reply = await world.call('POST', `/v1/${collection}`, { key: here, body });
    expect([collection, reply.status, reply.text]).toEqual([collection, 201, expect.any(String)]);
  }
  const window = { kind: 'once', from: Date.now() + DAY_MS, to: Date.now() + 2 * DAY_MS };
  const selector = { collection: 'services', where: ['eq', 'id', 'shop'] };
  const body = { id: 'night-work', title: 'Night work', selector, schedule: window };
  expect((await world.call('POST', '/v1/maintenances', { key: here, body })).status).toBe(201);
});
afterAll(async () => {
  await world.close();
  await elsewhere.close();
});

async function exported(from = world): Promise<string> {
  const key = from === world ? here : there;
  const reply = await from.call('GET', '/v1/export/config.yaml', { key });
  expect(reply.status).toBe(200);
  return reply.text;
}

test('[HO1] everything that people configured is in one file, and its secrets are not', async () => {
  const text = await exported();
  const file: unknown = parse(text);
  expect(file).toMatchObject({
    roles: [{ id: 'night', permissions: ['alerts:ack', 'services:read'] }],
    channels: [{ id: 'hook', kind: 'webhook' }],
    policies: [{ id: 'page', reminderMs: 3_600_000 }],
    services: [{ id: 'shop' }, { id: 'beat', check: { intervalMs: 90_000 } }, { id: 'all' }],
    maintenances: [{ id: 'night-work' }],
    pages: [{ id: 'public', slug: 'status' }],
    embeds: [{ id: 'shop-badge', panel: 'badge', origins: ['https://www.example.org'] }],
    settings: [{ id: 'main', drafting: { isEnabled: false } }],
  });
  expect(text).not.toContain('secret-word');
  expect(text).not.toContain('whsec_');
  // Neither the token of an embed nor its hash: an embed that is new elsewhere has a token of its own.
  expect(text).not.toContain('digest');
  expect(text).not.toContain('sw_embed_');
});

test('[HO1] a rule that came with the product is in the file when somebody changed it, and only then', async () => {
  const rulesOf = async (): Promise<unknown> => Reflect.get(parse(await exported()), 'rules');
  expect(await rulesOf()).toMatchObject([{ id: 'slow' }]);
  const [shipped] = shippedRules;
  if (shipped === undefined) throw new Error('found no shipped rule');
  const { id } = shipped;
  await world.keep.commit.write('main', 'system', (draft) => {
    draft.put('rules', id, ruleOf(shipped));
    return ok(null);
  });
  expect(await rulesOf()).toMatchObject([{ id: 'slow' }]);
  await world.call('PATCH', `/v1/rules/${id}`, { key: here, body: { isEnabled: false } });
  expect(await rulesOf()).toEqual(expect.arrayContaining([expect.objectContaining({ id, isEnabled: false })]));
});

test('[HO2] the file makes the same configuration elsewhere, again it changes nothing, and who may not is refused', async () => {
  const text = await exported();
  const send = async (): Promise<readonly unknown[]> => {
    const reply = await elsewhere.call('POST', '/v1/import?format=statewire', {
      key: there,
      raw: text,
      headers: { 'content-type': 'application/yaml' },
    });
    expect(reply.status).toBe(200);
    expect(reply.json['left']).toEqual([]);
    const taken = reply.json['taken'];
    if (!Array.isArray(taken)) throw new Error(reply.text);
    return taken;
  };
  const first = await send();
  // The channel is new there and has no secrets: it is refused by name, and nothing else is.
  expect(first.filter((line) => !isTaken(line))).toMatchObject([
    { collection: 'channels', id: 'hook', message: expect.stringContaining('secret') },
  ]);
  await elsewhere.call('POST', '/v1/channels', { key: there, body: made.find(([name]) => name === 'channels')?.[1] });
  await send();
  expect(await exported(elsewhere)).toBe(text);
  const version = elsewhere.keep.commit.version('main');
  expect((await send()).every(isTaken)).toBe(true);
  expect(elsewhere.keep.commit.version('main')).toBe(version);
  const reply = await world.call('POST', '/v1/import?format=statewire', {
    key: await world.key('read'),
    raw: text,
    headers: { 'content-type': 'application/yaml' },
  });
  expect(reply.status).toBe(403);
  expect((await world.call('GET', '/v1/export/config.yaml', { key: await world.key('read') })).status).toBe(403);
});

function isTaken(line: unknown): boolean {
  return typeof line === 'object' && line !== null && Reflect.get(line, 'ok') === true;
}
