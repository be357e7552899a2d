import { ALL, applyPatch, parseFilter, type Downstream, type Filter, type Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Random } from '../testing/random.ts';
import { World, type WorldOptions } from '../testing/world.ts';
import { NOWHERE, type Changes, type View } from './view.ts';

function open(world: World, filter: unknown = ['all'], fields: readonly string[] | null = null, org = 'main'): View {
  const view = world.hub.view({ org, collection: 'services', filter: parsed(filter), fields });
  if (!view.ok) throw new Error(view.message);
  return view.value;
}

function parsed(filter: unknown): Filter {
  const found = parseFilter(filter);
  if (!found.ok) throw new Error(found.message);
  return found.value;
}

/** All frames of an answer, parsed. */
function frames(changes: Changes): Extract<Downstream, { t: 'd' | 's' }>[] {
  const texts: string[] = [];
  if (changes.how === 'delta') {
    if (changes.frame !== null) texts.push(changes.frame.text);
  } else {
    for (let i = 0, next = changes.chunks.at(0); next !== null; i++, next = changes.chunks.at(i)) texts.push(next.text);
  }
  return texts.map((text) => JSON.parse(text));
}

function ops(changes: Changes): unknown {
  const [frame] = frames(changes);
  return frame?.t === 'd' ? frame.o : undefined;
}

function services(world: World, ...rows: readonly [string, object | null][]): void {
  for (const [id, fields] of rows)
    world.write('main', { c: 'services', id, fields: fields === null ? null : { ...fields } });
}

test('[CU1] a record that changed often is told once, as it is now', () => {
  const world = new World();
  services(world, ['a', { status: 'up', n: 0 }]);
  const view = open(world);
  for (let n = 1; n <= 50; n++) services(world, ['a', { n }]);
  expect(frames(view.changesSince(1))).toEqual([
    { t: 'd', w: view.w, v: [1, 51], at: world.clock.now(), o: [[1, 51, { n: 50 }]] },
  ]);
  expect(view.changesSince(51)).toEqual({ how: 'delta', frame: null });
});

test('[CU2] an update says exactly what is newer than the position it is for', () => {
  const world = new World();
  services(world, ['a', { status: 'up', n: 0, labels: { env: 'prod', team: 'x' } }]);
  const view = open(world);
  services(world, ['a', { n: 1 }], ['a', { status: 'down' }], ['a', { labels: { env: 'tést', team: 'x' } }]);
  expect(ops(view.changesSince(1))).toEqual([[1, 4, { n: 1, status: 'down', 'labels.env': 'tést' }]]);
  expect(ops(view.changesSince(2))).toEqual([[1, 4, { status: 'down', 'labels.env': 'tést' }]]);
  expect(ops(view.changesSince(3))).toEqual([[1, 4, { 'labels.env': 'tést' }]]);
  services(world, ['a', { labels: { team: 'y' } }]);
  expect(ops(view.changesSince(3))).toEqual([[1, 5, { labels: { team: 'y' } }]]);
  const again = view.changesSince(3);
  expect(again.how === 'delta' ? again.frame?.text.includes('é') : true, 'frames are ASCII').toBe(false);
});

test('[CU3] who came is told in full, who left is told why, also when it came in between', () => {
  const world = new World();
  services(world, ['stays', { status: 'up' }], ['goes', { status: 'up' }], ['dies', { status: 'up' }]);
  const view = open(world, ['eq', 'status', 'up']);
  services(
    world,
    ['comes', { status: 'up' }],
    ['passes', { status: 'up' }],
    ['passes', { status: 'down' }],
    ['goes', { status: 'down' }],
    ['dies', null],
  );
  expect(ops(view.changesSince(3))).toEqual([
    [4, 4, { status: 'up' }, 'comes'],
    [5, 6, null, 'out'],
    [2, 7, null, 'out'],
    [3, 8, null, 'del'],
  ]);
  services(world, ['goes', { status: 'up' }]);
  expect(ops(view.changesSince(3))).toContainEqual([2, 9, { status: 'up' }, 'goes']);
  expect(view.size).toBe(3);
});

test('[RS20] what is told from a position is right for everybody between it and now', () => {
  const random = new Random(20);
  for (let round = 0; round < 60; round++) {
    const world = new World({ limits: { viewLeavesMax: 6 } });
    const view = open(world, ['neq', 'status', 'down']);
    const first = view.version;
    const held: Map<number, Row>[] = [];
    const exists = new Set<string>();
    const lives: number[] = [];
    for (let i = 0; i < 40; i++) {
      const slot = random.int(5);
      const id = `x${slot}.${lives[slot] ?? 0}`;
      const isDeleted = exists.has(id) && random.chance(0.15);
      if (isDeleted) lives[slot] = (lives[slot] ?? 0) + 1;
      else exists.add(id);
      services(world, [id, isDeleted ? null : { status: random.pick(['up', 'down', 'degraded']), n: i }]);
      const now = new Map<number, Row>();
      for (const frame of frames(view.inFullSince(NOWHERE))) apply(frame, now);
      held[view.version] = now;
    }
    const now = held[view.version];
    for (let from = first; from <= view.version; from++) {
      const told = frames(view.changesSince(from));
      for (let at = from; at <= view.version; at++) {
        const state = held[at];
        if (state === undefined) continue;
        const mine = new Map(state);
        for (const frame of told) apply(frame, mine);
        expect(mine, `round ${round}: told from ${from}, standing at ${at}`).toEqual(now);
      }
    }
  }
});

/** What a caller does with a frame, RS6 and RS8. */
function apply(frame: Extract<Downstream, { t: 'd' | 's' }>, rows: Map<number, Row>): void {
  if (frame.t === 's') {
    const next = new Map(frame.r.map(([rid, id, version, fields]) => [rid, { ...fields, id, org: 'main', version }]));
    for (const rid of frame.keep ?? []) next.set(rid, rows.get(rid) ?? expect.fail(`keeps ${rid}, which is not held`));
    rows.clear();
    for (const [rid, row] of next) rows.set(rid, row);
    return;
  }
  for (const op of frame.o) {
    const [rid, version, fields] = op;
    const row = rows.get(rid);
    if (row !== undefined && version <= row.version) continue;
    if (fields === null) rows.delete(rid);
    else if (op.length === 4) rows.set(rid, { ...fields, id: op[3], org: 'main', version });
    else rows.set(rid, applyPatch(row ?? expect.fail(`updates ${rid}, which is not held`), { ...fields, version }));
  }
}

test('[CU4] [RS3] below the floor a caller is told what changed and what it may keep', () => {
  const world = new World({ limits: { viewLeavesMax: 2 } });
  services(world, ['a', { n: 1 }], ['b', { n: 1 }], ['c', { n: 1 }], ['d', { n: 1 }], ['e', { n: 1 }]);
  const view = open(world);
  services(world, ['a', null], ['b', null], ['e', { n: 2 }]);
  expect(view.changesSince(5).how).toBe('delta');
  services(world, ['c', null]);
  expect(view.floor).toBe(6);
  expect(view.changesSince(6).how).toBe('delta');
  const behind = view.changesSince(5);
  expect(behind.how).toBe('reconcile');
  expect(frames(behind)).toEqual([
    { t: 's', w: view.w, v: 9, i: 0, last: true, r: [[5, 'e', 8, { n: 2 }]], keep: [4] },
  ]);
});

test('[CU5] a delta too large for one frame is told in chunks of at most 64 KiB', () => {
  const world = new World({ limits: { deltaBytesMax: 1_000, snapshotChunkBytes: 600 } });
  services(world, ['keeps', { n: 1 }]);
  const view = open(world);
  for (let i = 0; i < 20; i++) services(world, [`x${i}`, { text: 'long '.repeat(20) }]);
  const changes = view.changesSince(1);
  expect(changes.how).toBe('reconcile');
  const chunks = frames(changes);
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks.flatMap((frame) => (frame.t === 's' ? frame.r : []))).toHaveLength(20);
  expect(chunks.flatMap((frame) => (frame.t === 's' ? (frame.keep ?? []) : []))).toEqual([1]);
  for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThanOrEqual(600);
});

test('[RS5] chunks carry one version, are numbered from 0, and only the last says so', () => {
  const world = new World({ limits: { snapshotChunkBytes: 500 } });
  for (let i = 0; i < 30; i++) services(world, [`x${i}`, { text: 'words '.repeat(10) }]);
  const view = open(world);
  const changes = view.changesSince(NOWHERE);
  services(world, ['later', { n: 1 }]);
  const chunks = frames(changes);
  expect(chunks.map((chunk) => (chunk.t === 's' ? [chunk.v, chunk.i, chunk.last] : null))).toEqual(
    chunks.map((_, i) => [30, i, i === chunks.length - 1]),
  );
  expect(chunks.flatMap((chunk) => (chunk.t === 's' ? chunk.r : []))).toHaveLength(30);
  // A record larger than a chunk goes alone, and an empty view is one chunk.
  services(world, ['big', { text: 'x'.repeat(2_000) }]);
  expect(frames(view.changesSince(NOWHERE)).some((chunk) => JSON.stringify(chunk).length > 2_000)).toBe(true);
  expect(frames(open(world, ['eq', 'status', 'none']).changesSince(NOWHERE))).toMatchObject([
    { i: 0, last: true, r: [] },
  ]);
});

test('[CU7] with a field list a change of other fields is not told', () => {
  const world = new World();
  services(world, ['a', { status: 'up', n: 1, labels: { env: 'prod' } }]);
  const view = open(world, ['all'], ['labels', 'status']);
  expect(frames(view.changesSince(NOWHERE))).toMatchObject([
    { r: [[1, 'a', 1, { labels: { env: 'prod' }, status: 'up' }]] },
  ]);
  services(world, ['a', { n: 2 }]);
  expect(view.version).toBe(1);
  services(world, ['a', { n: 3, labels: { env: 'test' } }]);
  expect(ops(view.changesSince(1))).toEqual([[1, 3, { 'labels.env': 'test' }]]);
});

test('[RS19] of a field named by keys only those keys are told, however the field changed', () => {
  const world = new World();
  services(world, ['a', { status: 'up', n: 7, labels: { env: 'prod', team: 'x' } }]);
  const view = open(world, ['all'], ['labels.env', 'status']);
  expect(frames(view.changesSince(NOWHERE))).toMatchObject([
    { t: 's', r: [[1, 'a', 1, { labels: { env: 'prod' }, status: 'up' }]] },
  ]);
  services(world, ['a', { labels: { env: 'test', team: 'x' } }]);
  expect(ops(view.changesSince(1))).toEqual([[1, 2, { 'labels.env': 'test' }]]);
  services(world, ['a', { labels: { env: 'test', team: 'y' } }]);
  expect(ops(view.changesSince(2))).toEqual([[1, 3, {}]]);
  services(world, ['a', { labels: { env: 'next' } }], ['a', { labels: null }]);
  expect(ops(view.changesSince(3))).toEqual([[1, 5, { labels: null }]]);
  // Of a caller that stands before two ways of changing, the whole field says it all.
  services(world, ['a', { labels: { env: 'late', team: 'z' } }], ['a', { labels: { env: 'last', team: 'z' } }]);
  expect(ops(view.changesSince(4))).toEqual([[1, 7, { labels: { env: 'last' } }]]);
});

test('[CU8] [FI9] equal wishes are one view, other organizations and fields are not', () => {
  const world = new World();
  const view = open(world, ['and', ['eq', 'status', 'up'], ['in', 'n', [2, 1, 2]]]);
  expect(open(world, ['and', ['in', 'n', [1, 2]], ['eq', 'status', 'up']])).toBe(view);
  expect(open(world, ['and', ['in', 'n', [1, 2]], ['eq', 'status', 'up']], ['status'])).not.toBe(view);
  expect(open(world, ['and', ['in', 'n', [1, 2]], ['eq', 'status', 'up']], null, 'other')).not.toBe(view);
  world.write('other', { c: 'services', id: 'a', fields: { status: 'up', n: 1 } });
  expect(view.size).toBe(0);
});

test('[CU9] a view nobody watches goes after five minutes, and the longest idle one makes room', () => {
  const options: WorldOptions = { limits: { viewsPerOrgMax: 2 } };
  const world = new World(options);
  const first = open(world, ['eq', 'n', 1]);
  world.step(10);
  open(world, ['eq', 'n', 2]);
  const third = open(world, ['eq', 'n', 3]);
  expect(open(world, ['eq', 'n', 3])).toBe(third);
  const again = open(world, ['eq', 'n', 1]);
  expect(again.w, '[RS11] a number is not given twice').not.toBe(first.w);
  world.hub.join(again, 100);
  world.hub.join(open(world, ['eq', 'n', 4]), 100);
  expect(
    world.hub.view({ org: 'main', collection: 'services', filter: parsed(['eq', 'n', 5]), fields: null }),
  ).toMatchObject({
    ok: false,
    code: 'overloaded',
  });
  expect(world.hub.view({ org: 'other', collection: 'services', filter: ALL, fields: null }).ok).toBe(true);
  world.step(299_000);
  world.hub.sweep();
  expect(world.hub.stats).toMatchObject({ views: 3, idleViews: 1 });
  world.step(2_000);
  world.hub.sweep();
  expect(world.hub.stats).toMatchObject({ views: 2, idleViews: 0 });
});
