import { expect, test } from 'vitest';
import { shiftOf } from './shift.ts';

const usual = { count: 2_000, p50: 82.3 };

test('[HI17] a shift says both medians, on how many checks each stands, and how many times the one is the other', () => {
  expect(shiftOf({ count: 28, p50: 247 }, usual)).toEqual({
    isSlower: true,
    factor: 3,
    nowMs: 250,
    usualMs: 82,
    checks: 28,
    usualChecks: 2_000,
  });
  expect(shiftOf({ count: 28, p50: 20 }, usual)).toMatchObject({ isSlower: false, factor: 4.1, nowMs: 20 });
});

test.each([
  ['within what buckets are off by', { count: 28, p50: 82.3 * 1.59 }, usual],
  ['few newest checks', { count: 4, p50: 900 }, usual],
  ['little that is usual', { count: 28, p50: 900 }, { count: 59, p50: 80 }],
  ['nothing measured lately', { count: 0, p50: null }, usual],
  ['nothing known of before', { count: 28, p50: 900 }, null],
  ['a few milliseconds', { count: 28, p50: 3 }, { count: 900, p50: 0.4 }],
  ['a median of nothing', { count: 28, p50: 30 }, { count: 900, p50: 0 }],
])('[HI17] no shift: %s', (_, now, before) => {
  expect(shiftOf(now, before)).toBeNull();
});

test('[HI17] from 1.6 times on it is one, in either direction', () => {
  expect(shiftOf({ count: 5, p50: 160 }, { count: 60, p50: 100 })).toMatchObject({ isSlower: true, factor: 1.6 });
  expect(shiftOf({ count: 5, p50: 100 }, { count: 60, p50: 160 })).toMatchObject({ isSlower: false, factor: 1.6 });
});
