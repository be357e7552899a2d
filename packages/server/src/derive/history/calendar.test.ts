import { expect, test } from 'vitest';
import { daysOf, HOUR_MS, isZone, monthOf, monthSpan } from './calendar.ts';

const lengths = (zone: string, from: string, to: string): readonly number[] => {
  const starts = daysOf(zone, Date.parse(from), Date.parse(to));
  return starts.slice(1).map((start, i) => (start - (starts[i] ?? 0)) / HOUR_MS);
};

test.each([
  ['UTC', '2026-03-28T05:00Z', '2026-03-30T05:00Z', [24, 24, 24]],
  ['Europe/Zurich', '2026-03-28T05:00Z', '2026-03-30T05:00Z', [24, 23, 24]],
  ['Europe/Zurich', '2026-10-24T05:00Z', '2026-10-26T05:00Z', [24, 25, 24]],
  ['America/New_York', '2026-11-01T12:00Z', '2026-11-01T13:00Z', [25]],
  ['Asia/Kolkata', '2026-01-01T00:00Z', '2026-01-01T20:00Z', [24, 24]],
  // Clocks spring over midnight itself: the day begins at one.
  ['America/Santiago', '2026-09-05T12:00Z', '2026-09-06T12:00Z', [24, 23]],
])('[HI15] days in %s from %s tile the time and follow the clocks', (zone, from, to, hours) => {
  expect(lengths(zone, from, to)).toEqual(hours);
  const starts = daysOf(zone, Date.parse(from), Date.parse(to));
  expect(starts[0]).toBeLessThanOrEqual(Date.parse(from));
  expect(starts.at(-1)).toBeGreaterThanOrEqual(Date.parse(to));
});

test('[HI15] zones and months that are none are told from those that are', () => {
  expect([isZone('Europe/Zurich'), isZone('Mars/Olympus'), isZone('')]).toEqual([true, false, false]);
  expect(monthSpan('2026-02')).toEqual({ from: Date.UTC(2026, 1), to: Date.UTC(2026, 2) });
  expect(['2026-13', '2026-0', '26-01', ''].map(monthSpan)).toEqual([null, null, null, null]);
  expect(monthOf(Date.UTC(2026, 11, 31, 23, 59))).toBe('2026-12');
});
