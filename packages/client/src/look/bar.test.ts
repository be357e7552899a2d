import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { barText, cellsOf, drawBar, type BarTone } from './bar.ts';
import { percentOf } from './amount.ts';
import { ago, brief, latencyText, long } from './span.ts';

const colours: Readonly<Record<BarTone, string>> = {
  up: 'up',
  degraded: 'degraded',
  down: 'down',
  maintenance: 'maintenance',
  none: 'none',
};

test('[UI8] cells fill the box exactly, each at least a pixel, none over another, whatever the sizes', () => {
  assert(
    property(
      integer({ min: 1, max: 120 }),
      integer({ min: 1, max: 2000 }),
      integer({ min: 1, max: 64 }),
      (count, extra, height) => {
        const width = count + extra;
        const boxes: (readonly [x: number, y: number, width: number, height: number])[] = [];
        drawBar(
          { fillStyle: '', clearRect: () => undefined, fillRect: (...box) => boxes.push(box) },
          cellsOf('ugdmx'.repeat(24), count),
          { width, height, colours },
        );
        expect(boxes).toHaveLength(count);
        let end = 0;
        for (const [x, y, w, h] of boxes) {
          expect(x).toBeGreaterThanOrEqual(end);
          expect(w).toBeGreaterThanOrEqual(1);
          expect(y + h).toBeLessThanOrEqual(height + 1);
          end = x + w;
        }
        expect(end).toBe(width);
      },
    ),
  );
});

test('a letter that is not known is unknown, and days before the record are not counted', () => {
  expect(cellsOf('u?', 3)).toEqual([' ', 'u', 'x']);
  expect(barText('  u?d', 'day')).toBe('last 3 days: 1 up, 1 down, 1 unknown');
  expect(barText('   ')).toBe('no checks yet');
});

test('[UI5] a share is never 100 before all is done, and none where there is no whole', () => {
  expect(percentOf({ done: 999, total: 1000, pct: null })).toBe(99);
  expect(percentOf({ done: 1, total: 1000, pct: 99.99 })).toBe(99);
  expect(percentOf({ done: 1000, total: 1000, pct: null })).toBe(100);
  expect(percentOf({ done: 3, total: 0, pct: null })).toBeNull();
  expect(percentOf({ done: -5, total: 10, pct: null })).toBe(0);
});

test('lengths of time and latencies read as people say them', () => {
  expect([brief(4_900), brief(119_000), brief(47 * 3_600_000), brief(49 * 3_600_000)]).toEqual([
    '4 s',
    '1 min',
    '47 h',
    '2 d',
  ]);
  expect([long(192_000), long(7_200_000), long(-1)]).toEqual(['3 min 12 s', '2 h', '0 s']);
  expect([ago(1_000, 1_500), ago(1_000, 6_000), ago(10_000, 1_000), ago(2_000, 1_000)]).toEqual([
    'now',
    '5 s ago',
    'in 9 s',
    'now',
  ]);
  expect([latencyText(8.44), latencyText(84.4), latencyText(1240), latencyText(null)]).toEqual([
    '8.4 ms',
    '84 ms',
    '1.24 s',
    '–',
  ]);
});
