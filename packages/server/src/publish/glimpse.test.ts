/** What callers see of messages they may not write, over the real hub and sessions. */
import type { Downstream, JsonObject, Sub } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { principal, World, type Caller } from '../testing/world.ts';

function open(): World {
  const world = new World();
  for (const [token, customers] of Object.entries({ red: ['red'], blue: ['blue'], both: ['red', 'blue'], none: [] })) {
    world.principals.set(token, { ...principal(token, 'main', ['read']), kind: 'token', customers });
  }
  world.principals.set('viewer', { ...principal('viewer', 'main', ['read']), kind: 'user' });
  world.principals.set('writer', { ...principal('writer', 'main', ['admin']), kind: 'user' });
  return world;
}

function put(world: World, id: string, more: JsonObject): void {
  world.write('main', {
    c: 'messages',
    id,
    fields: {
      title: `title of ${id}`,
      state: 'active',
      audience: 'everyone',
      customers: null,
      to: {},
      shown: 0,
      ...more,
    },
  });
}

const forRed = { audience: 'customers', customers: ['red', 'green'], to: { red: true, green: true } };

function fill(world: World): void {
  put(world, 'all', {});
  put(world, 'ops', { audience: 'operators' });
  put(world, 'customers', { audience: 'customers' });
  put(world, 'red', forRed);
  put(world, 'blue', { audience: 'customers', customers: ['blue'], to: { blue: true } });
  for (const state of ['draft', 'scheduled', 'expired', 'withdrawn']) put(world, state, { ...forRed, state });
}

async function watch(world: World, token: string, more: Partial<Sub> = {}): Promise<Caller> {
  const caller = await world.connect(token);
  caller.take('welcome');
  caller.say({ t: 'sub', s: 1, c: 'messages', iv: 0, ...more });
  world.step();
  return caller;
}

function ids(caller: Caller): readonly string[] {
  return caller
    .take('s')
    .flatMap(({ r }) => r.map(([, id]) => id))
    .toSorted();
}

test('[MS3] each caller has exactly the active messages that are for them', async () => {
  const world = open();
  fill(world);
  const seen: Record<string, readonly string[]> = {};
  for (const token of ['none', 'red', 'blue', 'both', 'viewer', 'writer']) seen[token] = ids(await watch(world, token));
  expect(seen).toEqual({
    none: ['all'],
    red: ['all', 'customers', 'red'],
    blue: ['all', 'blue', 'customers'],
    both: ['all', 'blue', 'customers', 'red'],
    viewer: ['all', 'ops'],
    writer: ['all', 'blue', 'customers', 'draft', 'expired', 'ops', 'red', 'scheduled', 'withdrawn'],
  });
});

test('[MS3] a message comes when it becomes active and goes when it is over; a stranger hears nothing of either', async () => {
  const world = open();
  put(world, 'm', { ...forRed, state: 'scheduled' });
  const red = await watch(world, 'red');
  const blue = await watch(world, 'blue');
  blue.heard.length = 0;
  put(world, 'm', forRed);
  world.step();
  put(world, 'm', { ...forRed, state: 'expired' });
  world.step();
  const frames = red.heard.filter((frame): frame is Extract<Downstream, { t: 'd' }> => frame.t === 'd');
  expect(frames).toHaveLength(2);
  expect(JSON.stringify(frames[0])).toContain('title of m');
  expect(blue.heard.filter(({ t }) => t === 'd' || t === 's')).toEqual([]);
});

test('[MS4] no byte of who else is meant, who wrote it or who read it is told, and counters that move send nothing', async () => {
  const world = open();
  put(world, 'm', { ...forRed, by: 'Ana', events: [{ by: 'Ana' }], labels: { note: 'secret' } });
  const red = await watch(world, 'red');
  expect(JSON.stringify(red.heard)).toContain('title of m');
  expect(JSON.stringify(red.heard)).not.toMatch(/green|Ana|secret|"to"|customers|shown|audience/);
  red.heard.length = 0;
  put(world, 'm', { ...forRed, by: 'Ana', events: [{ by: 'Ana' }], labels: { note: 'secret' }, shown: 7 });
  world.step();
  expect(red.heard.filter(({ t }) => t === 'd' || t === 's')).toEqual([]);
});

test.each<[string, Partial<Sub>]>([
  ['a filter', { f: ['eq', 'to.green', true] }],
  ['another filter', { f: ['not', ['null', 'customers']] }],
  ['fields', { fields: ['title', 'customers'] }],
  ['an order', { sort: [['shown', 'desc']], limit: 5 }],
  ['groups', { agg: { count: true, by: 'audience' } }],
  ['a sum', { agg: { count: true, sum: ['shown'] } }],
])('[MS4] a hidden field is no field to ask for: %s', async (_, more) => {
  const world = open();
  put(world, 'm', forRed);
  const red = await watch(world, 'red', more);
  expect(red.heard.filter(({ t }) => t === 's')).toEqual([]);
  expect(red.take('err')).toMatchObject([{ s: 1, code: expect.stringMatching(/^bad_(?:field|filter)$/) }]);
  // The same is nothing special for whoever may write.
  const writer = await watch(world, 'writer', more);
  expect(writer.take('err')).toEqual([]);
});

test('[MS3] a counter counts what the caller may see and no more', async () => {
  const world = open();
  fill(world);
  const red = await watch(world, 'red', { agg: { count: true } });
  expect(JSON.stringify(red.take('s'))).toContain('"count":3');
});

test('[MS5] a renewed token of another customer lets go of what was the first one’s', async () => {
  const world = open();
  fill(world);
  const same = { ...principal('sam', 'main', ['read']), kind: 'token' } as const;
  world.principals.set('before', { ...same, customers: ['red'] });
  world.principals.set('after', { ...same, customers: ['blue'] });
  const caller = await watch(world, 'before');
  expect(ids(caller)).toEqual(['all', 'customers', 'red']);
  caller.say({ t: 'auth', token: 'after' });
  await Promise.resolve();
  world.step();
  expect(caller.closedWith).not.toBeNull();
  const back = await world.connect('after');
  const who = back.take('welcome')[0]?.who;
  const first = await world.connect('before');
  expect(who).not.toBe(first.take('welcome')[0]?.who);
});
