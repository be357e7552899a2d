import { expect, test } from 'vitest';
import type { HistoryBucket, Transition } from '../rest/types.ts';
import { buckets, points, stretches } from './series.ts';

const sample = (at: number, ms: number | null): { at: number; ms: number | null; v: string } => ({ at, ms, v: 'u' });
const change = (at: number, from: string, to: string): Transition => ({
  collection: 'services',
  id: 'a',
  at,
  recordedAt: at,
  from,
  to,
  code: '',
  text: '',
  cause: 'probe',
});

test('few samples stay as they are; a missing stretch becomes a gap', () => {
  const list = buckets([sample(0, 5), sample(10, 6), sample(20, null), sample(90, 7)], 0, 100);
  expect(list.map((b) => [b.at, b.p50])).toEqual([
    [0, 5],
    [10, 6],
    [20, null],
    [21, null],
    [90, 7],
  ]);
});

test('many samples become buckets with median and 95th percentile', () => {
  const list = buckets(
    Array.from({ length: 3200 }, (_, i) => sample(i, i % 10)),
    0,
    3200,
  );
  expect(list).toHaveLength(320);
  expect(list[0]).toMatchObject({ p50: 4, p95: 9 });
});

test('a sample outside the window is not counted', () => {
  expect(buckets([sample(-5, 1), sample(5, 2), sample(500, 3)], 0, 100).map((b) => b.at)).toEqual([5]);
});

test('stretches are what was not up; the last one reaches the live edge', () => {
  const changes = [change(80, 'up', 'down'), change(60, 'maintenance', 'up'), change(50, 'degraded', 'maintenance')];
  expect(stretches([...changes, change(30, 'up', 'degraded')], 0, 100, 'down')).toEqual([
    { from: 80, to: 100, status: 'down' },
    { from: 50, to: 60, status: 'maintenance' },
    { from: 30, to: 50, status: 'degraded' },
  ]);
});

test('a stretch that began before the window starts at its edge', () => {
  expect(stretches([change(40, 'down', 'up'), change(-90, 'up', 'down')], 0, 100, 'up')).toEqual([
    { from: 0, to: 40, status: 'down' },
  ]);
  expect(stretches([change(40, 'down', 'up')], 0, 100, 'up')).toEqual([{ from: 0, to: 40, status: 'down' }]);
  expect(stretches([], 0, 100, 'up')).toEqual([]);
});

test('without a change in the window it is what it is now', () => {
  expect(stretches([], 0, 100, 'down')).toEqual([{ from: 0, to: 100, status: 'down' }]);
  expect(stretches([change(200, 'up', 'down')], 0, 100, 'down')).toEqual([]);
});

const bucket = (at: number, p50: number | null): HistoryBucket => ({
  at,
  widthMs: 10,
  checks: p50 === null ? 0 : 5,
  bad: 0,
  p50,
  p95: p50 === null ? null : p50 * 2,
});

test('buckets are drawn in their middle; a missing one and an empty one are gaps', () => {
  const list = points([bucket(0, 5), bucket(10, null), bucket(20, 7), bucket(50, 8)], []);
  expect(list.map(({ at, p50 }) => [at, p50])).toEqual([
    [5, 5],
    [15, null],
    [25, 7],
    [31, null],
    [55, 8],
  ]);
});

test('what came in since the buckets is one point at the live edge', () => {
  const live = [sample(61, 1), sample(62, 9), sample(63, null)];
  expect(points([bucket(50, 8)], live).at(-1)).toEqual({ at: 63, p50: 1, p95: 9 });
  expect(points([], [])).toEqual([]);
});
