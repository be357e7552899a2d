import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantileOf } from './histogram.ts';
import { readMetrics } from './metrics.ts';
import { metricsRequest } from './shapes.ts';
import { decode, encode } from './wire.ts';

const request = (...metrics: readonly object[]) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });

test('[OT10] a gauge is set, a cumulative sum is set, a delta is what was added; points of a sum are one number', () => {
  const { readings, refused } = readMetrics(
    request(
      { name: 'queue.depth', unit: '{item}', gauge: { dataPoints: [{ asInt: '-7' }] } },
      {
        name: 'orders',
        description: 'Orders',
        sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 1.5 }, { asInt: 2 }] },
      },
      { name: 'clicks', sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: [{ asInt: '4' }] } },
      { name: 'clicks', sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: [{ asInt: '5' }] } },
    ),
  );
  expect(refused).toEqual([]);
  expect(readings).toEqual([
    { id: 'queue.depth', title: 'queue.depth', unit: '{item}', kind: 'gauge', how: 'set', value: -7, points: 1 },
    { id: 'orders', title: 'Orders', unit: '', kind: 'counter', how: 'set', value: 3.5, points: 2 },
    { id: 'clicks', title: 'clicks', unit: '', kind: 'counter', how: 'increment', value: 9, points: 2 },
  ]);
});

test.each([
  [{ name: 'h', exponentialHistogram: { dataPoints: [{}, {}] } }, 2, 'exponential histograms'],
  [
    { name: 'h', histogram: { dataPoints: [{ count: '1', bucketCounts: ['1'], explicitBounds: [1] }] } },
    1,
    'do not fit',
  ],
  [
    {
      name: 'h',
      histogram: {
        dataPoints: [
          { count: '1', bucketCounts: ['1', '0'], explicitBounds: [1] },
          { count: '1', bucketCounts: ['1', '0'], explicitBounds: [2] },
        ],
      },
    },
    2,
    'other buckets',
  ],
  [{ name: 'g', gauge: { dataPoints: [{ asInt: 1 }, { asInt: 2 }] } }, 2, 'several points'],
  [{ name: '', gauge: { dataPoints: [{ asInt: 1 }] } }, 1, 'without a name'],
  [{ name: 'g', gauge: { dataPoints: [{}] } }, 1, 'without a number'],
  [{ name: 'g', gauge: { dataPoints: [{ asDouble: 'NaN' }] } }, 1, 'without a number'],
])('[OT10] %j is not taken, and counted', (metric, count, why) => {
  expect(readMetrics(request(metric))).toEqual({
    readings: [],
    refused: [{ count, why: expect.stringContaining(why) }],
  });
});

test('[OT10] the binary form says the same, negative numbers too', () => {
  const point = Uint8Array.from([0x31, 0xf9, ...Array.from({ length: 7 }, () => 0xff)]);
  const metric = encode([
    [1, 'queue.depth'],
    [5, encode([[1, point]])],
  ]);
  const decoded = decode(metricsRequest, encode([[1, encode([[2, encode([[2, metric]])]])]]), { messagesMax: 100 });
  expect(decoded.ok && readMetrics(decoded.value).readings).toMatchObject([{ id: 'queue.depth', value: -7 }]);
});

test('[OT11] a histogram is its count, its average and estimates of p50 and p95 within the bucket they lie in', () => {
  const point = {
    count: '10',
    sum: 1_000,
    explicitBounds: [10, 100, 200],
    bucketCounts: ['0', '5', '4', '1'],
    max: 400,
  };
  const of = (dataPoints: readonly object[], aggregationTemporality: number) =>
    readMetrics(request({ name: 'latency', unit: 'ms', histogram: { aggregationTemporality, dataPoints } }));
  expect(of([point], 1)).toEqual({
    refused: [],
    readings: [
      {
        id: 'latency.count',
        title: 'latency, count',
        unit: '',
        kind: 'counter',
        how: 'increment',
        value: 10,
        points: 1,
      },
      { id: 'latency.avg', title: 'latency, average', unit: 'ms', kind: 'gauge', how: 'set', value: 100, points: 0 },
      // Half of them lie at the end of the second bucket; 95 of 100 in the middle of the last one, which ends with the greatest.
      { id: 'latency.p50', title: 'latency, p50', unit: 'ms', kind: 'gauge', how: 'set', value: 100, points: 0 },
      { id: 'latency.p95', title: 'latency, p95', unit: 'ms', kind: 'gauge', how: 'set', value: 300, points: 0 },
    ],
  });
  // Points with the same bounds are one; a cumulative one is set.
  const both = of([point, { ...point, sum: 3_000 }], 2).readings;
  expect(both.map(({ id, how, value }) => [id, how, value])).toEqual([
    ['latency.count', 'set', 20],
    ['latency.avg', 'set', 200],
    ['latency.p50', 'set', 100],
    ['latency.p95', 'set', 300],
  ]);
  // Nothing measured has no average; without buckets there is no share.
  expect(of([{ count: '0', sum: 0, explicitBounds: [1], bucketCounts: ['0', '0'] }], 1).readings).toHaveLength(1);
  expect(of([{ count: '2', sum: 8 }], 1).readings.map(({ id }) => id)).toEqual(['latency.count', 'latency.avg']);
});

test('[OT11] an estimate lies in the bucket of the true value, whatever was measured', () => {
  const bounds = [1, 5, 25, 125];
  const values = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.95), (measured, share) => {
      const bucketOf = (value: number): number => {
        const at = bounds.findIndex((bound) => value <= bound);
        return at === -1 ? bounds.length : at;
      };
      const buckets = Array.from({ length: bounds.length + 1 }, () => 0);
      for (const value of measured) buckets[bucketOf(value)] = (buckets[bucketOf(value)] ?? 0) + 1;
      const sorted = measured.toSorted((a, b) => a - b);
      const [min, max] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
      const estimate = quantileOf({ count: measured.length, sum: null, bounds, buckets, min, max }, share) ?? -1;
      const truth = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      const low = bounds[bucketOf(truth) - 1] ?? 0;
      const high = bounds[bucketOf(truth)] ?? max;
      expect(estimate).toBeGreaterThanOrEqual(Math.min(low, truth));
      expect(estimate).toBeLessThanOrEqual(Math.max(high, truth));
      expect(estimate).toBeGreaterThanOrEqual(min);
      expect(estimate).toBeLessThanOrEqual(max);
    }),
  );
});
