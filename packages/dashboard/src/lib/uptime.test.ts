import { expect, test } from 'vitest';
import { coverageText, DAYS, daysOf, isThin, percent } from './uptime.ts';

test('a percentage is cut, never rounded up to what it is not', () => {
  expect(percent(100)).toBe('100 %');
  expect(percent(99.999)).toBe('99.999 %');
  expect(percent(99.999, 2)).toBe('99.99 %');
  expect(percent(99.996, 1)).toBe('99.9 %');
  expect(percent(0)).toBe('0.000 %');
  expect(percent(null)).toBe('–');
});

test('the bar ends today; days before the record are blank', () => {
  const now = Date.UTC(2026, 10, 29, 23, 59, 59);
  const days = daysOf('dmu', now);
  expect(days).toHaveLength(DAYS);
  expect(days.at(-1)).toEqual({ at: Date.UTC(2026, 10, 29), letter: 'u' });
  expect(days.at(-3)).toEqual({ at: Date.UTC(2026, 10, 27), letter: 'd' });
  expect(days[0]).toEqual({ at: Date.UTC(2026, 8, 1), letter: ' ' });
  // A letter of a newer server is a day that is not understood, not one that was fine.
  expect(daysOf('q', now).at(-1)?.letter).toBe('x');
  expect(daysOf('d'.repeat(200), now)).toHaveLength(DAYS);
});

test('little coverage is told', () => {
  expect(isThin({ coverage: 0.49 })).toBe(true);
  expect(isThin({ coverage: 0.5 })).toBe(false);
  expect(coverageText({ pct: 99, coverage: 0.127 })).toBe('12 % of this time was counted');
  expect(coverageText({ pct: 99, coverage: 0.004 })).toBe('Less than 1 % of this time was counted');
  expect(coverageText({ pct: null, coverage: 0 })).toBe('Nothing was counted in this time');
});
