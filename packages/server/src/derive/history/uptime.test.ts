import { expect, test } from 'vitest';
import { DAY_MS } from './calendar.ts';
import { liveFields } from './live-fields.ts';
import { letterOf, NO_TIME } from './tally.ts';
import { replay } from './track.ts';
import { outagesOf, percent, uptimeOf } from './uptime.ts';

const YEAR = 365 * DAY_MS;

test.each([
  // up, degraded, down, other, window -> pct, strict, coverage
  ['nothing was counted', { unknown: 100 }, 100, null, null, 0],
  ['only paused and maintenance', { paused: 40, maintenance: 60 }, 100, null, null, 0],
  ['all up', { up: 100 }, 100, 100, 100, 1],
  ['degraded counts as up, strictly not', { up: 50, degraded: 50 }, 100, 100, 50, 1],
  ['all down is 0, which is not null', { down: 100 }, 100, 0, 0, 1],
  ['half the window was ours', { up: 30, down: 20, unknown: 50 }, 100, 60, 60, 0.5],
  ['one millisecond of a year is not rounded away', { up: YEAR - 1, down: 1 }, YEAR, 99.999, 99.999, 1],
  ['two thirds are cut, not rounded', { up: 2, down: 1 }, 3, 66.666, 66.666, 1],
  ['a fraction that floating point spoils', { up: 57, down: 43 }, 100, 57, 57, 1],
  ['maintenance is not counted', { up: 10, down: 10, maintenance: 80 }, 100, 50, 50, 0.2],
  ['coverage is cut too', { up: 2 }, 3, 100, 100, 0.666],
  ['the window has no length', {}, 0, null, null, 0],
])('[HI2] [HI3] %s', (_, time, windowMs, pct, strictPct, coverage) => {
  expect(uptimeOf({ ...NO_TIME, ...time }, windowMs)).toEqual({ pct, strictPct, coverage });
});

test('[HI3] percent is 100 only without any rest, over all sizes', () => {
  for (let whole = 1; whole < 1e15; whole = whole * 7 + 3) {
    expect(percent(whole, whole)).toBe(100);
    expect(percent(whole - 1, whole)).toBeLessThan(100);
    expect(percent(0, whole)).toBe(0);
  }
});

test('[HI2] a letter is the worst that was confirmed, or why nothing was', () => {
  const of = (time: Partial<typeof NO_TIME>): string => letterOf({ ...NO_TIME, ...time });
  expect([of({ up: 9, down: 1 }), of({ up: 9, degraded: 1 }), of({ up: 1, unknown: 9 })]).toEqual(['d', 'g', 'u']);
  expect([
    of({ maintenance: 1, paused: 9 }),
    of({ paused: 1 }),
    of({ pending: 1 }),
    of({ unknown: 1 }),
    of({}),
  ]).toEqual(['m', 'p', 'p', 'x', 'x']);
});

test('[HI2] outages are clipped to the window; the last one may still go on', () => {
  const track = replay({ at: 0, word: 'up' }, [
    { at: 10, word: 'down' },
    { at: 20, word: 'up' },
    { at: 50, word: 'down' },
  ]);
  expect(outagesOf(track, { from: 15, to: 80, now: 80, max: 9 })).toEqual({
    count: 2,
    longestMs: 30,
    list: [
      { from: 50, to: null, ms: 30 },
      { from: 15, to: 20, ms: 5 },
    ],
  });
  expect(outagesOf(track, { from: 0, to: 60, now: 99, max: 1 })).toEqual({
    count: 2,
    longestMs: 10,
    list: [{ from: 50, to: 60, ms: 10 }],
  });
});

test('[HI10] live fields: four windows, and a letter for each UTC day since the first, at most 90', () => {
  const now = Date.UTC(2026, 5, 15, 12);
  const day = Date.UTC(2026, 5, 13);
  const track = replay({ at: day + 1_000, word: 'pending' }, [
    { at: day + 2_000, word: 'up' },
    { at: day + DAY_MS, word: 'down' },
    { at: day + DAY_MS + 60_000, word: 'up' },
  ]);
  const { uptime, bar } = liveFields(track, now);
  expect(bar).toBe('udu');
  expect(uptime.h24).toEqual({ pct: 100, coverage: 1 });
  expect(uptime.d7).toEqual({ pct: 99.972, coverage: 0.35 });
  expect(uptime.d90).toEqual({ pct: 99.972, coverage: 0.02 });
  const old = liveFields(replay({ at: 0, word: 'up' }, []), now);
  expect(old.bar).toBe('u'.repeat(90));
  expect(JSON.stringify(old.uptime).length + old.bar.length).toBeLessThan(250);
  expect(liveFields([], now)).toMatchObject({ bar: '', uptime: { d30: { pct: null, coverage: 0 } } });
});
