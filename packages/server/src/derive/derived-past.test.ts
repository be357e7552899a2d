import { expect, test } from 'vitest';
import { fleetValues } from './rollup.ts';
import { DERIVED, derivedTrend, stepDerived } from './derived-past.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 2);
const NUMBERS = [{ name: 'down', title: 'Down', unit: '' }];

test('[DM10] a slot keeps its last sample, what was not sampled is a hole, and the trend compares with what is kept', () => {
  let kept = stepDerived(null, NUMBERS, { down: 0 }, START);
  const sample = (atMs: number, down: number): void => {
    kept = stepDerived(kept, NUMBERS, { down, other: 7 }, START + atMs);
  };
  for (let hour = 0; hour < 24 * 8; hour += 1) {
    // Nobody was there for one of the hours.
    if (hour !== 100) sample(hour * HOUR_MS + 600_000, hour);
  }
  const now = START + 24 * 8 * HOUR_MS;
  sample(24 * 8 * HOUR_MS - 600_000, 191);
  sample(24 * 8 * HOUR_MS, 1_000);
  expect(Object.keys(kept.past)).toEqual(['down']);
  const hours = kept.past['down']?.hours;
  const at = (hour: number): number | null | undefined =>
    hours?.values[(START + hour * HOUR_MS - hours.from) / HOUR_MS];
  expect([at(99), at(100), at(101), at(191)]).toEqual([99, null, 101, 191]);
  expect(kept.past['down']?.days.values).toEqual([23, 47, 71, 95, 119, 143, 167, 191]);
  expect(derivedTrend(kept.past['down'], 1_000, now)).toEqual({ h1: null, d1: 832, d7: 976 });
  expect(derivedTrend(undefined, 5, now)).toEqual({ h1: null, d1: null, d7: null });
});

test('[DM10] a number that is not there any more leaves its past and holes behind', () => {
  let kept = stepDerived(null, NUMBERS, { down: 4 }, START);
  kept = stepDerived(kept, NUMBERS, {}, START + HOUR_MS);
  kept = stepDerived(kept, NUMBERS, {}, START + 2 * HOUR_MS);
  kept = stepDerived(kept, NUMBERS, { down: 6 }, START + 3 * HOUR_MS);
  kept = stepDerived(kept, NUMBERS, { down: 7 }, START + 4 * HOUR_MS);
  expect(kept.past['down']?.hours).toMatchObject({ from: START, values: [4, null, null, 6] });
});

test('[DM10] every number of the fleet that has a past is one that is counted', () => {
  const counted = fleetValues([]);
  for (const { name } of DERIVED['fleet'] ?? []) expect(Object.keys(counted)).toContain(name);
});
