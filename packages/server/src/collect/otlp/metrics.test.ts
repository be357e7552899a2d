import { expect, test } from 'vitest';
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
  [{ name: 'h', histogram: { dataPoints: [{}, {}] } }, 2, 'histograms'],
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
