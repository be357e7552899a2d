import { matches, parseFilter, type FilterJson } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { Random } from '../testing/random.ts';
import { World } from '../testing/world.ts';
import type { View } from './view.ts';

// Views found by index against every record tested against every filter.
test.each([1, 2, 3, 4, 5])('[CU10] the index finds what a walk over all views finds (seed %i)', (seed) => {
  const chance = new Random(seed);
  const world = new World();
  const filters = Array.from({ length: 60 }, () => filter(chance, 2));
  const views: View[] = [];
  const open = (): void => {
    const parsed = parseFilter(filters[views.length]);
    if (!parsed.ok) throw new Error(parsed.message);
    const view = world.hub.view({ org: 'main', collection: 'services', filter: parsed.value, fields: null });
    if (view.ok) views.push(view.value);
  };
  for (let step = 0; step < 600; step++) {
    if (step % 10 === 0) open();
    const fields = chance.chance(0.2)
      ? null
      : { status: chance.pick(['up', 'down', null]), n: chance.int(5), labels: { env: chance.pick(['a', 'b']) }, step };
    const id = `x${chance.int(20)}`;
    if (fields === null && world.live.get('main', 'services', id) === null) continue;
    world.write('main', { c: 'services', id, fields });
  }
  const all = [...world.live.entries('main', 'services')];
  expect(views.length).toBeGreaterThan(20);
  for (const view of views) {
    const truth = all.filter((entry) => matches(view.filter, entry.row)).map((entry) => entry.rid);
    expect([...view.members()].sort(byNumber), view.key).toEqual(truth.sort(byNumber));
  }
});

test('[CU10] a view that names ids looks at those records only', () => {
  const world = new World();
  for (let i = 0; i < 50; i++) world.write('main', { c: 'services', id: `x${i}`, fields: { n: i } });
  let walked = 0;
  const entries = world.live.entries.bind(world.live);
  world.live.entries = (org, collection) => {
    walked += 1;
    return entries(org, collection);
  };
  const parsed = parseFilter(['and', ['in', 'id', ['x3', 'x7', 'none']], ['gt', 'n', 3]]);
  if (!parsed.ok) throw new Error(parsed.message);
  const view = world.hub.view({ org: 'main', collection: 'services', filter: parsed.value, fields: null });
  expect(view.ok && [...view.value.members()]).toEqual([8]);
  expect(walked).toBe(0);
});

function filter(chance: Random, depth: number): FilterJson {
  switch (chance.int(depth > 0 ? 9 : 6)) {
    case 0:
      return ['eq', 'status', chance.pick(['up', 'down', null])];
    case 1:
      return ['in', 'n', [chance.int(5), chance.int(5)]];
    case 2:
      return ['eq', 'labels.env', chance.pick(['a', 'b'])];
    case 3:
      return ['in', 'id', [`x${chance.int(20)}`, `x${chance.int(20)}`]];
    case 4:
      return ['gt', 'n', chance.int(5)];
    case 5:
      return ['gt', 'version', 300];
    case 6:
      return ['and', filter(chance, depth - 1), filter(chance, depth - 1)];
    case 7:
      return ['or', filter(chance, depth - 1), filter(chance, depth - 1)];
    default:
      return ['not', filter(chance, depth - 1)];
  }
}

function byNumber(a: number, b: number): number {
  return a - b;
}
