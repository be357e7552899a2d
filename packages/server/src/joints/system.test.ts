import { expect, test } from 'vitest';
import type { StorePart } from '../keep/store.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { limits } from '../lib/limits.ts';
import { System } from './system.ts';

function systemOn(parts: () => Promise<readonly StorePart[]>): { system: System; clock: FakeClock } {
  const clock = new FakeClock();
  const system = new System({
    clock,
    limits,
    data: '/nowhere',
    store: { parts },
    gateway: () => ({ connections: 0, subscriptions: 0, lagging: 0, views: 0, frames: 0, bytes: 0 }),
    probes: () => ({ checks: 0, running: 0, waiting: 0 }),
    deadlines: () => 0,
    present: () => 0,
    faults: () => ({}),
    records: () => ({ organizations: 0, records: 0 }),
  });
  return { system, clock };
}

/** What was promised has been told. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const SAMPLES: StorePart = { part: 'samples', rows: 5, bytes: 4_096, oldestAt: null };

test('[CM22] the store is measured when somebody looks, by one at a time, and again when the sizes are old', async () => {
  const asked: (() => void)[] = [];
  const { system, clock } = systemOn(() => new Promise((resolve) => asked.push(() => resolve([SAMPLES]))));
  expect(await system.read()).toMatchObject({ store: { measuredAt: null }, storeParts: [] });
  await system.read();
  expect(asked).toHaveLength(1);
  asked[0]?.();
  await settled();
  const measuredAt = clock.now();
  expect(await system.read()).toMatchObject({ store: { measuredAt }, storeParts: [{ part: 'samples', rows: 5 }] });
  clock.advance(limits.storeMeasureMs - 1);
  await system.read();
  expect(asked).toHaveLength(1);
  clock.advance(1);
  expect(await system.read()).toMatchObject({ store: { measuredAt } });
  expect(asked).toHaveLength(2);
});

test('[CM22] sizes that cannot be had leave the old ones, and are asked for again', async () => {
  let isBroken = false;
  const { system, clock } = systemOn(async () => {
    if (isBroken) throw new Error('closing');
    return [SAMPLES];
  });
  await system.read();
  await settled();
  isBroken = true;
  clock.advance(limits.storeMeasureMs);
  await system.read();
  await settled();
  expect(await system.read()).toMatchObject({ storeParts: [{ part: 'samples' }] });
});
