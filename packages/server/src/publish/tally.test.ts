import type { Downstream, GroupFields, Sub } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Random } from '../testing/random.ts';
import { World, type Caller } from '../testing/world.ts';

function put(world: World, ...rows: readonly (readonly [string, object | null])[]): void {
  world.write(
    'main',
    ...rows.map(([id, fields]) => ({ c: 'services', id, fields: fields === null ? null : { ...fields } })),
  );
}

async function watch(world: World, agg: Sub['agg'], more: Partial<Sub> = {}): Promise<Caller> {
  const caller = await world.connect();
  caller.take('welcome');
  caller.say({ t: 'sub', s: 1, c: 'services', iv: 0, agg, ...more });
  world.step();
  return caller;
}

function data(caller: Caller): readonly Extract<Downstream, { t: 's' | 'd' }>[] {
  return caller.heard
    .splice(0)
    .filter((frame): frame is Extract<Downstream, { t: 's' | 'd' }> => frame.t === 's' || frame.t === 'd');
}

const NONE = { sum: {}, avg: {}, min: {}, max: {} };

test('[WI13] [WI14] groups enter with their first record, change with each, and leave with their last', async () => {
  const world = new World();
  put(world, ['a', { status: 'up' }], ['b', { status: 'up' }], ['c', { status: ['odd'] }], ['d', { name: 'x' }]);
  const caller = await watch(world, { count: true, by: 'status' });
  expect(data(caller)).toMatchObject([
    {
      t: 's',
      r: [
        [1, '"up"', 1, { by: 'up', count: 2, ...NONE }],
        // A list counts as null.
        [2, 'null', 1, { by: null, count: 2, ...NONE }],
      ],
    },
  ]);
  put(world, ['a', { status: 'down' }]);
  world.step();
  expect(data(caller)).toMatchObject([
    {
      v: [1, 2],
      o: [
        [1, 2, { by: 'up', count: 1, ...NONE }],
        [3, 2, { by: 'down', count: 1, ...NONE }, '"down"'],
      ],
    },
  ]);
  put(world, ['b', null], ['a', { latencyMs: 4 }]);
  world.step();
  expect(data(caller)).toMatchObject([{ v: [2, 3], o: [[1, 3, null, 'out']] }]);
  put(world, ['a', { latencyMs: 5 }]);
  world.step();
  expect(data(caller), 'what is not counted is not told').toEqual([]);
});

test('[WI14] [WI16] the group of all records is there without any, and says null where there is nothing', async () => {
  const world = new World();
  const of = ['latencyMs'];
  const caller = await watch(
    world,
    { count: true, sum: of, avg: of, min: of, max: of },
    { f: ['neq', 'status', 'gone'] },
  );
  const none = { latencyMs: null };
  expect(data(caller)).toMatchObject([
    { r: [[1, '*', 0, { by: null, count: 0, sum: none, avg: none, min: none, max: none }]] },
  ]);
  put(
    world,
    ['a', { latencyMs: 0.1 }],
    ['b', { latencyMs: 0.2 }],
    ['c', { latencyMs: null }],
    ['d', { latencyMs: 'x' }],
  );
  world.step();
  expect(data(caller)).toMatchObject([
    {
      o: [
        [
          1,
          1,
          {
            count: 4,
            sum: { latencyMs: 0.30000000000000004 },
            avg: { latencyMs: 0.15000000000000002 },
            min: { latencyMs: 0.1 },
            max: { latencyMs: 'x' },
          },
        ],
      ],
    },
  ]);
  put(world, ['b', { status: 'gone' }], ['d', null]);
  world.step();
  expect(data(caller)).toMatchObject([
    {
      o: [
        [
          1,
          2,
          {
            count: 2,
            sum: { latencyMs: 0.1 },
            avg: { latencyMs: 0.1 },
            min: { latencyMs: 0.1 },
            max: { latencyMs: 0.1 },
          },
        ],
      ],
    },
  ]);
});

test('[WI15] an aggregate is told by snapshot, wherever the caller stands, and has a bounded number of groups', async () => {
  const world = new World({ limits: { aggregateGroupsMax: 3 } });
  put(world, ['a', { status: 'up' }]);
  const agg = { count: true, by: 'status' } as const;
  data(await watch(world, agg));
  const again = await watch(world, agg, { since: { e: 'e1', v: 1 } });
  expect(again.take('subd')).toMatchObject([{ how: 'snapshot', n: 1 }]);
  put(world, ['b', { status: 'b' }], ['c', { status: 'c' }], ['d', { status: 'd' }]);
  const more = await watch(world, agg);
  expect(more.take('err')).toMatchObject([{ s: 1, code: 'too_complex' }]);
  // Whoever looks already goes on being told.
  world.step();
  expect(data(again)).toHaveLength(1);
});

test.each([1, 2, 3])('[WI13] [WI16] counters are what counting again would give (seed %i)', async (seed) => {
  const chance = new Random(seed);
  const world = new World();
  const of = ['latencyMs'];
  const caller = await watch(
    world,
    { count: true, by: 'status', sum: of, avg: of, min: of, max: of },
    { f: ['gt', 'version', 20] },
  );
  const groups = new Map<string, GroupFields>();
  const rids = new Map<number, string>();
  for (let step = 0; step < 800; step++) {
    const writes = Array.from({ length: 1 + chance.int(3) }, () => {
      const id = `x${chance.int(40)}`;
      const fields = {
        ...(chance.chance(0.5) ? { status: chance.pick(['up', 'down', 7, null, true]) } : {}),
        latencyMs: chance.pick([chance.int(9), null, 'slow', chance.int(1_000) / 8]),
        step,
      };
      return [id, chance.chance(0.2) && world.live.get('main', 'services', id) !== null ? null : fields] as const;
    });
    // One change of a record per transaction, as commits have it.
    put(world, ...new Map(writes));
    world.step();
    caller.heard
      .filter((frame) => frame.t === 's' || frame.t === 'd')
      .forEach((frame) => {
        const ops = frame.t === 's' ? frame.r.map(([rid, key, v, all]) => [rid, v, all, key] as const) : frame.o;
        for (const [rid, , fields, key] of ops) {
          if (fields === null) groups.delete(rids.get(rid) ?? '');
          else {
            if (key !== undefined) rids.set(rid, key);
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: WI14.
            groups.set(rids.get(rid) ?? '', fields as GroupFields);
          }
        }
      });
    caller.ack();
    const rows = [...world.live.entries('main', 'services')]
      .map(({ row }) => row)
      .filter(({ version }) => version > 20);
    const values = new Set(rows.map((row) => JSON.stringify(row['status'] ?? null)));
    expect([...groups.keys()].sort()).toEqual([...values].sort());
    for (const [key, group] of groups) {
      const mine = rows.filter((row) => JSON.stringify(row['status'] ?? null) === key);
      const numbers = mine.map((row) => row['latencyMs']).filter((each) => typeof each === 'number');
      const words = mine.some((row) => row['latencyMs'] === 'slow');
      const sum = numbers.length === 0 ? null : numbers.reduce((a, b) => a + b, 0);
      expect(group).toEqual({
        by: JSON.parse(key),
        count: mine.length,
        sum: { latencyMs: sum },
        avg: { latencyMs: sum === null ? null : sum / numbers.length },
        min: { latencyMs: numbers.length > 0 ? Math.min(...numbers) : words ? 'slow' : null },
        max: { latencyMs: words ? 'slow' : numbers.length > 0 ? Math.max(...numbers) : null },
      });
    }
  }
});
