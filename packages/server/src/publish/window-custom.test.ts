import { claim, defineCollection } from '@statewire/model';
import type { Downstream, JsonObject, Sub } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Random } from '../testing/random.ts';
import { principal, World, type Caller } from '../testing/world.ts';

const notes = defineCollection({
  name: 'notes',
  schema: { team: z.string(), size: z.int(), text: z.string() },
  access: { rows: ['in', 'team', claim('teams')] },
});

function open(): World {
  const world = new World({ collections: [notes] });
  for (const [token, claims] of Object.entries<JsonObject>({
    red: { teams: ['red'] },
    blue: { teams: 'blue' },
    both: { teams: ['red', 'blue'] },
    none: {},
  })) {
    world.principals.set(token, { ...principal(token, 'main', ['read']), claims });
  }
  return world;
}

function put(world: World, id: string, team: string | null, size = 0): void {
  world.write('main', { c: 'notes', id, fields: team === null ? null : { team, size, text: `of ${team}` } });
}

async function watch(world: World, token: string, more: Partial<Sub>): Promise<Caller> {
  const caller = await world.connect(token);
  caller.take('welcome');
  caller.say({ t: 'sub', s: 1, c: 'notes', iv: 0, ...more });
  world.step();
  return caller;
}

type Data = Extract<Downstream, { t: 's' | 'd' }>;

function data(caller: Caller): readonly Data[] {
  return caller.heard.splice(0).filter((frame): frame is Data => frame.t === 's' || frame.t === 'd');
}

const window = { sort: [['size', 'desc']], limit: 2 } as const;
const sums = { agg: { count: true, sum: ['size'], avg: ['size'], min: ['size'], max: ['size'] } } as const;

test('[CC13] rows, totals and places of a window are of what the caller may see; the rest sends them nothing', async () => {
  const world = open();
  for (const [i, team] of ['blue', 'red', 'blue', 'red', 'blue', 'red'].entries()) put(world, `n${i}`, team, 10 - i);
  const red = await watch(world, 'red', window);
  const second = await watch(world, 'red', { ...window, skip: 2 });
  const both = await watch(world, 'both', window);
  const none = await watch(world, 'none', window);
  const told = JSON.stringify(red.heard);
  expect(data(red)).toMatchObject([
    {
      t: 's',
      r: [
        [expect.any(Number), 'n1', 2, {}],
        [expect.any(Number), 'n3', 4, {}],
      ],
      n: 3,
      b: 0,
    },
  ]);
  expect(data(second)).toMatchObject([{ r: [[expect.any(Number), 'n5', 6, {}]], n: 3, b: 2 }]);
  expect(data(both)).toMatchObject([
    {
      r: [
        [1, 'n0', 1, {}],
        [2, 'n1', 2, {}],
      ],
      n: 6,
      b: 0,
    },
  ]);
  expect(data(none)).toMatchObject([{ r: [], n: 0, b: 0 }]);
  expect(told).not.toContain('blue');

  put(world, 'top', 'blue', 99);
  put(world, 'n0', 'blue', 98);
  put(world, 'n2', null);
  world.step();
  for (const caller of [red, second, none]) expect(data(caller)).toEqual([]);
  expect(data(both).at(-1)).toMatchObject({ t: 'd', n: 6 });

  // It is given away: out of the window, and out of the number.
  put(world, 'n1', 'blue', 9);
  world.step();
  expect(data(red)).toMatchObject([{ t: 'd', n: 2, b: 0 }]);
  expect(data(second)).toMatchObject([{ t: 'd', n: 2, b: 2 }]);
});

test('[CC13] no filter beside a window opens what the caller may not see', async () => {
  const world = open();
  for (let i = 0; i < 6; i += 1) put(world, `n${i}`, i % 2 === 0 ? 'blue' : 'red', i);
  const hidden = { f: ['eq', 'team', 'blue'] as const };
  for (const more of [
    hidden,
    { f: ['or', hidden.f, ['gte', 'size', 0]] as const },
    { f: ['not', ['eq', 'team', 'red']] as const },
  ]) {
    const caller = await watch(world, 'red', { ...window, limit: 9, f: [...more.f] });
    const [frame] = data(caller);
    expect(JSON.stringify(frame)).not.toContain('blue');
    expect(frame?.n).toBe(frame?.t === 's' ? frame.r.length : -1);
  }
});

test('[CC13] groups and sums are of what the caller may see; no group tells of a team that is not theirs', async () => {
  const world = open();
  put(world, 'a', 'red', 1);
  put(world, 'b', 'blue', 100);
  put(world, 'c', 'red', 3);
  const red = await watch(world, 'red', sums);
  const teams = await watch(world, 'red', { agg: { count: true, by: 'team' } });
  const none = await watch(world, 'none', sums);
  const group = { by: null, count: 2, sum: { size: 4 }, avg: { size: 2 }, min: { size: 1 }, max: { size: 3 } };
  expect(data(red)).toMatchObject([{ r: [[expect.any(Number), '*', expect.any(Number), group]] }]);
  expect(data(teams)).toMatchObject([
    { r: [[expect.any(Number), '"red"', expect.any(Number), { by: 'red', count: 2 }]] },
  ]);
  expect(data(none)).toMatchObject([
    { r: [[expect.any(Number), '*', expect.any(Number), { count: 0, sum: { size: null } }]] },
  ]);
  put(world, 'b', 'blue', -100);
  put(world, 'd', 'green', 7);
  world.step();
  for (const caller of [red, teams, none]) expect(data(caller)).toEqual([]);
  put(world, 'c', 'blue', 3);
  world.step();
  expect(JSON.stringify(data(red))).toContain('"count":1');
  expect(JSON.stringify(data(teams))).not.toContain('blue');
});

test('[WI11] [CC13] an order or a counter by a field that the definition does not name is refused', async () => {
  const world = open();
  const caller = await world.connect('red');
  caller.say({ t: 'sub', s: 1, c: 'notes', sort: [['secret', 'asc']], limit: 2 });
  caller.say({ t: 'sub', s: 2, c: 'notes', agg: { count: true, by: 'secret' } });
  caller.say({ t: 'sub', s: 3, c: 'notes', agg: { count: true, max: ['latencyMs'] } });
  caller.say({ t: 'sub', s: 4, c: 'notes', sort: [['constructor', 'asc']], limit: 2 });
  caller.say({ t: 'sub', s: 5, c: 'notes', ...window });
  world.step();
  expect(caller.take('err').map(({ s, code }) => [s, code])).toEqual([
    [1, 'bad_field'],
    [2, 'bad_field'],
    [3, 'bad_field'],
    [4, 'bad_request'],
  ]);
});

test.each([1, 2, 3])(
  '[CC13] whatever moves between teams, totals are those of the own records (seed %i)',
  async (seed) => {
    const world = open();
    const chance = new Random(seed);
    const truth = new Map<string, { team: string; size: number }>();
    const red = await watch(world, 'red', { ...window, limit: 5 });
    const counts = await watch(world, 'red', sums);
    let n = 0;
    let count = 0;
    for (let step = 0; step < 300; step += 1) {
      const id = `n${chance.int(20)}`;
      if (truth.has(id) && chance.int(5) === 0) {
        truth.delete(id);
        put(world, id, null);
      } else {
        const next = { team: chance.pick(['red', 'blue', 'green']), size: chance.int(50) };
        const was = truth.get(id);
        if (was?.team === next.team && was.size === next.size) continue;
        truth.set(id, next);
        put(world, id, next.team, next.size);
      }
      world.step();
      for (const frame of data(red)) {
        n = frame.n ?? n;
        expect(JSON.stringify(frame)).not.toMatch(/blue|green/u);
      }
      for (const frame of data(counts)) count = Number(/"count":(\d+)/u.exec(JSON.stringify(frame))?.[1] ?? count);
      const own = [...truth.values()].filter(({ team }) => team === 'red').length;
      expect([n, count], `step ${step}`).toEqual([own, own]);
    }
  },
);
