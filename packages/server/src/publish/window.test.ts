import {
  compareRows,
  cursorOf,
  parseFilter,
  parseSort,
  type Downstream,
  type Order,
  type Row,
  type SortTerm,
  type Sub,
} from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Random } from '../testing/random.ts';
import { World, type Caller } from '../testing/world.ts';

function order(...terms: readonly SortTerm[]): Order {
  const parsed = parseSort(terms);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

function put(world: World, ...rows: readonly (readonly [string, object | null])[]): void {
  world.write(
    'main',
    ...rows.map(([id, fields]) => ({ c: 'services', id, fields: fields === null ? null : { ...fields } })),
  );
}

async function watch(world: World, more: Partial<Sub>, token = 'read'): Promise<Caller> {
  const caller = await world.connect(token);
  caller.take('welcome');
  caller.say({ t: 'sub', s: 1, c: 'services', iv: 0, ...more });
  world.step();
  return caller;
}

type Data = Extract<Downstream, { t: 's' | 'd' }>;

function data(caller: Caller): readonly Data[] {
  return caller.heard.splice(0).filter((frame): frame is Data => frame.t === 's' || frame.t === 'd');
}

const byN = { sort: [['latencyMs', 'asc']], limit: 2 } as const;

test('[WI4] a window holds the first of the order, those behind a cursor, or those before one', async () => {
  const world = new World();
  put(
    world,
    ['a', { latencyMs: 4 }],
    ['b', { latencyMs: 1 }],
    ['c', { latencyMs: null }],
    ['d', { latencyMs: 3 }],
    ['e', { latencyMs: 3 }],
  );
  const by = order(['latencyMs', 'asc']);
  const at = (id: string, latencyMs: number): string => cursorOf(by, { id, latencyMs });
  const shown = async (more: Partial<Sub>): Promise<unknown> => {
    const [frame] = data(await watch(world, { ...byN, ...more }));
    return frame?.t === 's'
      ? [
          frame.r
            .map(([, key]) => key)
            .sort()
            .join(''),
          frame.n,
          frame.b,
        ]
      : frame;
  };
  expect(await shown({})).toEqual(['bc', 5, 0]);
  expect(await shown({ after: at('b', 1) })).toEqual(['de', 5, 2]);
  expect(await shown({ after: at('d', 3) })).toEqual(['ae', 5, 3]);
  expect(await shown({ after: at('x', 3) })).toEqual(['a', 5, 4]);
  expect(await shown({ after: at('x', 9) })).toEqual(['', 5, 5]);
  expect(await shown({ before: at('a', 4) })).toEqual(['de', 5, 2]);
  expect(await shown({ before: at('c', 0) })).toEqual(['c', 5, 0]);
  expect(await shown({ skip: 3 })).toEqual(['ae', 5, 3]);
  expect(await shown({ skip: 4 })).toEqual(['a', 5, 4]);
  expect(await shown({ skip: 9 })).toEqual(['', 5, 5]);
  expect(await shown({ sort: [['latencyMs', 'desc']] })).toEqual(['ad', 5, 0]);
  expect(await shown({ sort: undefined, f: ['gt', 'latencyMs', 2] })).toEqual(['ad', 3, 0]);
});

test('[WI6] [WI7] who is pushed over the edge leaves, who is let in enters as it was, and the rest of the view is numbers', async () => {
  const world = new World();
  put(world, ['a', { latencyMs: 1 }], ['b', { latencyMs: 2 }], ['c', { latencyMs: 3 }]);
  const caller = await watch(world, byN);
  data(caller);
  put(world, ['d', { latencyMs: 0 }]);
  world.step();
  expect(data(caller)).toMatchObject([
    {
      v: [1, 2],
      o: [
        [4, 2, { latencyMs: 0 }, 'd'],
        [2, 2, null, 'out'],
      ],
      n: 4,
      b: 0,
    },
  ]);
  put(world, ['d', { latencyMs: 9 }]);
  world.step();
  // b is let in with the version it has had all along.
  expect(data(caller)).toMatchObject([
    {
      v: [2, 3],
      o: [
        [4, 3, null, 'out'],
        [2, 1, { latencyMs: 2 }, 'b'],
      ],
      n: 4,
      b: 0,
    },
  ]);
  put(world, ['x', { latencyMs: 50 }]);
  world.step();
  expect(data(caller)).toMatchObject([{ v: [3, 4], o: [], n: 5, b: 0 }]);
  put(world, ['x', { latencyMs: 60 }]);
  world.step();
  expect(data(caller), 'what happens far behind the window is not told').toEqual([]);
  put(world, ['a', null]);
  world.step();
  expect(data(caller)).toMatchObject([
    {
      v: [4, 6],
      o: [
        [1, 6, null, 'del'],
        [3, 1, { latencyMs: 3 }, 'c'],
      ],
      n: 4,
      b: 0,
    },
  ]);
});

test('[WI8] the fields of the order travel, whatever was chosen', async () => {
  const world = new World();
  put(world, ['a', { latencyMs: 1, name: 'A', labels: { env: 'x', team: 'y' } }]);
  const caller = await watch(world, {
    sort: [
      ['latencyMs', 'asc'],
      ['labels.env', 'asc'],
    ],
    limit: 5,
    fields: ['name'],
  });
  expect(data(caller)).toMatchObject([{ r: [[1, 'a', 1, { latencyMs: 1, name: 'A', labels: { env: 'x' } }]] }]);
  put(world, ['a', { latencyMs: 7 }]);
  world.step();
  expect(data(caller)).toMatchObject([{ o: [[1, 2, { latencyMs: 7 }]] }]);
  const plain = await watch(world, { sort: [['latencyMs', 'asc']], fields: ['name'] });
  expect(data(plain)).toMatchObject([{ r: [[1, 'a', 2, { latencyMs: 7, name: 'A' }]] }]);
});

test('[WI9] a reconcile keeps only what was in the window all the time', async () => {
  const world = new World({ limits: { viewLeavesMax: 1 } });
  put(world, ['a', { latencyMs: 1 }], ['b', { latencyMs: 2 }], ['c', { latencyMs: 3 }], ['d', { latencyMs: 4 }]);
  const first = await watch(world, byN);
  data(first);
  put(world, ['b', { latencyMs: 9 }]);
  put(world, ['a', { latencyMs: 8 }]);
  put(world, ['a', { latencyMs: 2.5 }]);
  const caller = await watch(world, { ...byN, since: { e: 'e1', v: 1 } });
  expect(caller.heard.find((frame) => frame.t === 'subd')).toMatchObject({ how: 'reconcile', n: 2 });
  // c has not changed since 1, and was let in later.
  expect(data(caller)).toMatchObject([
    {
      r: [
        [3, 'c', 1, {}],
        [1, 'a', 4, {}],
      ],
      keep: [],
      n: 4,
      b: 0,
    },
  ]);
});

test('[WI11] a field that the collection does not have is no order and no counter', async () => {
  const world = new World();
  const caller = await world.connect();
  caller.say({ t: 'sub', s: 1, c: 'services', sort: [['password', 'asc']], limit: 2 });
  caller.say({ t: 'sub', s: 2, c: 'services', agg: { count: true, by: 'password.hash' } });
  caller.say({ t: 'sub', s: 3, c: 'services', agg: { count: true, sum: ['secret'] } });
  caller.say({ t: 'sub', s: 4, c: 'services', sort: [['name', 'asc']], limit: 2, after: 'AAAA' });
  world.step();
  expect(caller.take('err').map(({ s, code }) => [s, code])).toEqual([
    [1, 'bad_field'],
    [2, 'bad_field'],
    [3, 'bad_field'],
    [4, 'bad_request'],
  ]);
});

test('[WI12] [CU12] windows of one order share it; orders are bounded, and go with their last window', async () => {
  const world = new World({ limits: { ordersPerOrgMax: 2, orderedRowsPerOrgMax: 5, windowLingerMs: 1_000 } });
  put(world, ['a', { latencyMs: 1 }], ['b', { latencyMs: 2 }]);
  const caller = await world.connect();
  const ask = (s: number, more: Partial<Sub>): void => caller.say({ t: 'sub', s, c: 'services', ...more });
  ask(1, byN);
  ask(2, { ...byN, limit: 3 });
  ask(3, { ...byN, after: cursorOf(order(['latencyMs', 'asc']), { id: 'a', latencyMs: 1 }) });
  expect(world.hub.stats).toMatchObject({ views: 3, orders: 1 });
  ask(4, { sort: [['latencyMs', 'desc']], limit: 1 });
  ask(5, { sort: [['name', 'desc']], limit: 1 });
  expect(caller.take('err')).toMatchObject([{ s: 5, code: 'too_complex' }]);
  caller.say({ t: 'unsub', s: 4 });
  // Nobody looks at it: it makes room.
  ask(6, { sort: [['name', 'desc']], limit: 1 });
  expect(caller.take('err')).toEqual([]);
  caller.say({ t: 'unsub', s: 6 });
  world.step(1_001);
  world.hub.sweep();
  expect(world.hub.stats).toMatchObject({ views: 3, orders: 1 });
  put(world, ['c', { latencyMs: 3 }], ['d', { latencyMs: 3 }]);
  ask(7, { sort: [['status', 'asc']], limit: 1 });
  expect(caller.take('err')).toMatchObject([{ s: 7, code: 'too_complex' }]);
  ask(8, { sort: [['status', 'asc']], limit: 1, f: ['eq', 'latencyMs', 1] });
  expect(caller.take('err')).toEqual([]);
});

test('[WI11] organizations and owners share no order and no counter', async () => {
  const world = new World();
  put(world, ['a', { latencyMs: 1 }]);
  world.write('other', { c: 'services', id: 'z', fields: { latencyMs: 0 } });
  const here = await watch(world, { ...byN, limit: 9 });
  const there = await watch(world, { ...byN, limit: 9 }, 'other');
  expect(data(here)).toMatchObject([{ r: [[1, 'a', 1, {}]], n: 1 }]);
  expect(data(there)).toMatchObject([{ r: [[1, 'z', 1, {}]], n: 1 }]);
  world.write('other', { c: 'services', id: 'y', fields: { latencyMs: 0 } });
  world.step();
  expect(data(here)).toEqual([]);
});

// The whole truth sorted and sliced, against windows that follow one change after the other.
test.each([1, 2, 3])('[WI6] [WI7] windows of thousands of records are the slices of them (seed %i)', (seed) => {
  const chance = new Random(seed);
  const world = new World();
  const count = 2_000;
  for (let i = 0; i < count; i += 100) {
    put(world, ...Array.from({ length: 100 }, (_, n) => [`x${i + n}`, { latencyMs: chance.int(500) }] as const));
  }
  const by = order(['latencyMs', chance.pick(['asc', 'desc'])], ['status', 'desc']);
  const all = parseFilter(['neq', 'status', 'gone']);
  if (!all.ok) throw new Error(all.message);
  const cursors = Array.from({ length: 12 }, () => ({
    id: `x${chance.int(count)}`,
    latencyMs: chance.int(500),
    status: 'up',
  }));
  const views = cursors.flatMap((cursor, i) => {
    const keys = [cursor.latencyMs, cursor.status, cursor.id];
    const extent = i < 2 ? { skip: i * 700 } : i < 7 ? { after: keys } : { before: keys };
    const limit = 1 + chance.int(200);
    const view = world.hub.view({
      org: 'main',
      collection: 'services',
      filter: all.value,
      fields: null,
      window: { order: by, limit, ...extent },
    });
    if (!view.ok) throw new Error(view.message);
    return [{ view: view.value, cursor, limit, isAfter: i < 7, isPlain: i < 2, skip: i * 700 }];
  });
  expect(world.hub.stats.orders).toBe(1);
  for (let step = 0; step < 800; step++) {
    const id = `x${chance.int(count + 50)}`;
    const isThere = world.live.get('main', 'services', id) !== null;
    const fields = chance.chance(0.1)
      ? null
      : { latencyMs: chance.int(500), status: chance.pick(['up', 'down', 'gone', null]), step };
    if (fields === null && !isThere) continue;
    put(world, [id, fields]);
    if (step % 40 > 0) continue;
    const truth = [...world.live.entries('main', 'services')]
      .filter(({ row }) => row['status'] !== 'gone')
      .toSorted((a, b) => compareRows(by, a.row, b.row));
    for (const { view, cursor, limit, isAfter, isPlain, skip } of views) {
      const row: Row = { ...cursor, org: 'main', version: 0 };
      const near = truth.filter((each) => compareRows(by, each.row, row) < (isAfter ? 1 : 0)).length;
      const [from, to] = isPlain
        ? [skip, skip + limit]
        : isAfter
          ? [near, near + limit]
          : [Math.max(0, near - limit), near];
      const slice = truth.slice(from, to);
      expect([...view.members()].sort((a, b) => a - b)).toEqual(slice.map(({ rid }) => rid).sort((a, b) => a - b));
      const changes = view.inFullSince(-1);
      let last = '';
      for (let i = 0, chunk = changes.chunks.at(0); chunk !== null; i++, chunk = changes.chunks.at(i))
        last = chunk.text;
      expect(JSON.parse(last)).toMatchObject({ last: true, n: truth.length, b: from });
    }
  }
});
