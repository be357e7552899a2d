import { expect, test } from 'vitest';
import { figureOf, pct } from './numbers.ts';

test('what was not counted is a dash, and compares with nothing', () => {
  expect(pct(null)).toBe('–');
  expect(figureOf('Uptime', { now: null, before: 99 }, 'pct', 'high')).toEqual({
    title: 'Uptime',
    value: '–',
    moved: '',
    isWorse: null,
  });
});

test.each([
  ['pct', 'high', 99.5, 99.9, '99.5 %', '−0.4 points', true],
  ['pct', 'high', 100, 99.9, '100 %', '+0.1 points', false],
  ['count', 'low', 3, 1, '3', '+2', true],
  ['count', 'low', 1, 1, '1', 'as before', null],
  ['count', 'neither', 9, 1, '9', '+8', null],
  ['time', 'low', 60_000, 180_000, '1 min', '−2 min', false],
  ['latency', 'low', 120, 100, '120 ms', '+20 ms', true],
] as const)('%s where %s is better: %d after %d', (kind, better, now, before, value, moved, isWorse) => {
  expect(figureOf('x', { now, before }, kind, better)).toEqual({ title: 'x', value, moved, isWorse });
});
