import { expect, test } from 'vitest';
import type { Transition } from '../rest/types.ts';
import { buckets, outages } from './series.ts';

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

test('outages are the bad stretches; the last one reaches the live edge', () => {
  const list = outages([change(80, 'up', 'down'), change(50, 'degraded', 'up'), change(30, 'up', 'degraded')], 0, 100);
  expect(list).toEqual([
    { from: 80, to: 100, status: 'down' },
    { from: 30, to: 50, status: 'degraded' },
  ]);
});

test('an outage that began before the window starts at its edge', () => {
  expect(outages([change(40, 'down', 'up'), change(-90, 'up', 'down')], 0, 100)).toEqual([
    { from: 0, to: 40, status: 'down' },
  ]);
  expect(outages([change(40, 'down', 'up')], 0, 100)).toEqual([{ from: 0, to: 40, status: 'down' }]);
  expect(outages([], 0, 100)).toEqual([]);
});
