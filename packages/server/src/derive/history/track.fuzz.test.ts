import { STATUSES, type Status } from '@statewire/model';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTally, NO_TIME, tally } from './tally.ts';
import { paint, replay, spans, type Cover, type Mark, type Track } from './track.ts';

const END = 10_000;
const word = fc.constantFrom<Status>(...STATUSES);
const at = fc.integer({ min: 0, max: END });
const cover = fc.tuple(at, at).map(([a, b]): Cover => ({ from: Math.min(a, b), to: Math.max(a, b) }));
/** Stamps in any order: what a clock that is set back, or a long confirmation, makes of a log. */
const track = fc
  .tuple(
    fc.array(fc.record({ at, word }), { maxLength: 40 }),
    fc.array(cover, { maxLength: 6 }),
    fc.array(cover, { maxLength: 6 }),
  )
  .map(([marks, gaps, planned]): Track =>
    paint(paint(replay({ at: 0, word: 'pending' }, marks), gaps, 'unknown'), planned, 'maintenance'),
  );

test('[HI1] spans never overlap and tile everything since the birth, whatever the stamps of the log', () => {
  fc.assert(
    fc.property(track, at, at, (marks, a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      let edge = from;
      let last: Status | null = null;
      for (const span of spans(marks, from, to)) {
        expect(span.from).toBe(edge);
        expect(span.to).toBeGreaterThan(span.from);
        expect(span.word).not.toBe(last);
        edge = span.to;
        last = span.word;
      }
      expect(edge).toBe(to);
    }),
    { numRuns: 500 },
  );
});

test('[HI1] what was recorded later about an earlier time replaces what was known of the time since', () => {
  const marks: readonly Mark[] = [
    { at: 10, word: 'up' },
    { at: 50, word: 'down' },
    { at: 30, word: 'degraded' },
  ];
  expect(replay({ at: 0, word: 'pending' }, marks)).toEqual([
    { at: 0, word: 'pending' },
    { at: 10, word: 'up' },
    { at: 30, word: 'degraded' },
  ]);
  // Nothing happened to a record before it was made.
  expect(replay({ at: 20, word: 'pending' }, [{ at: 5, word: 'up' }])).toEqual([{ at: 20, word: 'up' }]);
});

test('[HI4] the time of any partition of a window adds up to the whole', () => {
  fc.assert(
    fc.property(track, fc.array(at, { minLength: 2, maxLength: 12 }), (marks, cuts) => {
      const edges = [...cuts].sort((x, y) => x - y);
      const from = edges[0] ?? 0;
      const to = edges.at(-1) ?? 0;
      let sum = NO_TIME;
      for (const [i, start] of edges.entries()) sum = addTally(sum, tally(marks, start, edges[i + 1] ?? start));
      expect(sum).toEqual(tally(marks, from, to));
      expect(Object.values(sum).reduce((all, ms) => all + ms, 0)).toBe(to - from);
    }),
    { numRuns: 500 },
  );
});

test('[HI6] a cover counts only over its own stretch, in any order and overlap, and never before the birth', () => {
  const base = replay({ at: 100, word: 'up' }, [{ at: 200, word: 'down' }]);
  const covers = [
    { from: 250, to: 300 },
    { from: 50, to: 120 },
    { from: 240, to: 260 },
    { from: 400, to: 400 },
  ];
  expect(paint(base, covers, 'maintenance')).toEqual([
    { at: 100, word: 'maintenance' },
    { at: 120, word: 'up' },
    { at: 200, word: 'down' },
    { at: 240, word: 'maintenance' },
    { at: 300, word: 'down' },
  ]);
  expect(paint(base, [{ from: 200, to: 210 }], 'down')).toEqual(base);
  expect(paint([], covers, 'maintenance')).toEqual([]);
});
