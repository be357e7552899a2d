import { expect, test } from 'vitest';
import { stepMetric, valueAt, type MetricFields } from './metric.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 10, 2);

function run(
  reports: readonly { readonly atMs: number; readonly set?: number; readonly increment?: number }[],
): MetricFields {
  let row: MetricFields | null = null;
  for (const { atMs, ...report } of reports) row = stepMetric(row, { subject: 'orders', ...report }, START + atMs);
  if (row === null) throw new Error('no report');
  return row;
}

test('[DM1] set says what it is, increment adds; what was not said again stays', () => {
  const first = stepMetric(
    null,
    { subject: 'orders', increment: 2, unit: 'orders', title: 'Orders', target: 100 },
    START,
  );
  expect(first).toMatchObject({ kind: 'counter', values: { value: 2 }, unit: 'orders', target: 100 });
  const next = stepMetric(first, { subject: 'orders', increment: 0.1 }, START + 1);
  expect(next).toMatchObject({ values: { value: 2.1 }, title: 'Orders', target: 100 });
  expect(stepMetric(next, { subject: 'orders', set: 7, target: null }, START + 2)).toMatchObject({
    kind: 'counter',
    values: { value: 7 },
    target: null,
  });
  expect(stepMetric(null, { subject: 'load', set: 0.3 }, START).kind).toBe('gauge');
  expect(
    run([
      { atMs: 0, increment: 0.1 },
      { atMs: 1, increment: 0.2 },
    ]).values,
  ).toEqual({ value: 0.3 });
});

test('[DM2] a slot keeps its last value; slots without a report are holes', () => {
  const { past } = run([
    { atMs: 0, set: 1 },
    { atMs: 9 * MINUTE_MS, set: 2 },
    { atMs: 35 * MINUTE_MS, set: 5 },
    { atMs: 61 * MINUTE_MS, set: 6 },
  ]);
  expect(past?.recent).toEqual({ from: START, widthMs: 600_000, values: [2, null, null, 5] });
  expect(past?.hours).toEqual({ from: START, widthMs: HOUR_MS, values: [5] });
  expect(past?.days.values).toEqual([]);
});

test('[DM2] history is bounded, however long and however holey', () => {
  const reports = Array.from({ length: 24 * 120 }, (_, hour) => ({ atMs: hour * HOUR_MS, set: hour }));
  const { past } = run(reports);
  expect(past?.recent.values.length).toBeLessThanOrEqual(145);
  expect(past?.hours.values).toHaveLength(170);
  expect(past?.days.values).toHaveLength(91);
  expect(past?.hours.values.at(-1)).toBe(24 * 120 - 2);
  expect(past?.hours.from).toBe(START + (24 * 120 - 1 - 170) * HOUR_MS);
  const late = run([
    { atMs: 0, set: 1 },
    { atMs: HOUR_MS, set: 2 },
    { atMs: 4_000 * DAY_MS, set: 3 },
  ]);
  expect(late.past?.recent.values.length).toBeLessThanOrEqual(145);
  expect(late.past?.days.values).toEqual([2]);
});

test('[DM3] the trend compares with an hour, a day and a week before, and says nothing where nothing was known', () => {
  const hourly = Array.from({ length: 24 * 8 + 1 }, (_, hour) => ({ atMs: hour * HOUR_MS, set: hour }));
  expect(run(hourly).trend).toEqual({ h1: 1, d1: 24, d7: 168 });
  expect(run([{ atMs: 0, set: 4 }]).trend).toEqual({ h1: null, d1: null, d7: null });
  expect(
    run([
      { atMs: 0, set: 4 },
      { atMs: 70 * MINUTE_MS, set: 9 },
    ]).trend,
  ).toEqual({ h1: 5, d1: null, d7: null });
  expect(
    run([
      { atMs: 0, set: 4 },
      { atMs: 3 * HOUR_MS, set: 9 },
    ]).trend?.h1,
  ).toBeNull();
});

test('[DM2] a clock that went back rewrites nothing that is kept', () => {
  const before = run([
    { atMs: 0, set: 1 },
    { atMs: 20 * MINUTE_MS, set: 2 },
  ]);
  const back = stepMetric(before, { subject: 'orders', set: 3 }, START + 5 * MINUTE_MS);
  expect(back.past).toEqual(before.past);
  expect(back.values).toEqual({ value: 3 });
  expect(valueAt({ from: START, widthMs: 10, values: [1] }, START - 100)).toBeNull();
});
