import type { MaintenanceSchedule } from '@statewire/model';
import { expect, test } from 'vitest';
import { advance, begin, cancel, complete, extend, reschedule, type Course } from './maintenance.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const T = Date.parse('2026-01-05T00:00Z');

function once(from: number, to: number): MaintenanceSchedule {
  return { kind: 'once', from, to };
}

function daily(from: number, over: { durationMs?: number; until?: number } = {}): MaintenanceSchedule {
  return { kind: 'repeat', rrule: 'FREQ=DAILY', durationMs: HOUR, zone: 'UTC', from, until: null, ...over };
}

function taken<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string },
): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

test.each<[string, MaintenanceSchedule, Partial<Course>, readonly object[]]>([
  ['ahead', once(T + HOUR, T + 2 * HOUR), { state: 'scheduled', nextAt: T + HOUR }, []],
  ['from now on', once(T, T + HOUR), { state: 'active', nextAt: T + HOUR }, []],
  ['begun', once(T - HOUR, T + HOUR), { state: 'active', nextAt: T + HOUR }, [{ from: T - HOUR, to: T }]],
  [
    'over',
    once(T - 2 * HOUR, T - HOUR),
    { state: 'completed', window: null, nextAt: null, endedAt: T - HOUR, past: [{ from: T - 2 * HOUR, to: T - HOUR }] },
    [{ from: T - 2 * HOUR, to: T - HOUR }],
  ],
  [
    'over this very moment',
    once(T - HOUR, T),
    { state: 'completed', past: [{ from: T - HOUR, to: T }] },
    [{ from: T - HOUR, to: T }],
  ],
  ['repeating, with windows behind', daily(T - 3 * DAY + HOUR), { state: 'scheduled', nextAt: T + HOUR, past: [] }, []],
  ['repeating, inside a window', daily(T - 30 * MIN), { state: 'active' }, [{ from: T - 30 * MIN, to: T }]],
])('[MT4] a window %s begins so, and what lies behind is marked', (_name, schedule, expected, marked) => {
  const moved = begin(schedule, T);
  expect(moved.course).toMatchObject(expected);
  expect(moved.marked).toEqual(marked);
});

test('[MT5] time opens and closes windows at their own times', () => {
  const { course } = begin(once(T + HOUR, T + 2 * HOUR), T);
  expect(advance(course, T + HOUR - 1).course).toBe(course);
  const open = advance(course, T + HOUR).course;
  expect(open).toMatchObject({ state: 'active', nextAt: T + 2 * HOUR });
  expect(advance(open, T + 2 * HOUR - 1).course).toMatchObject({ state: 'active' });
  const done = advance(open, T + 9 * HOUR);
  expect(done.course).toMatchObject({
    state: 'completed',
    endedAt: T + 2 * HOUR,
    past: [{ from: T + HOUR, to: T + 2 * HOUR }],
  });
  expect(done.marked).toEqual([]);
});

test('[MT5] windows that began and ended while nobody looked are past, and marked', () => {
  const { course } = begin(daily(T + HOUR), T);
  const later = advance(course, T + 3 * DAY + HOUR + MIN);
  const spans = [0, 1, 2].map((n) => ({ from: T + n * DAY + HOUR, to: T + n * DAY + 2 * HOUR }));
  expect(later.course).toMatchObject({ state: 'active', window: { from: T + 3 * DAY + HOUR }, past: spans });
  expect(later.marked).toEqual(spans);
  const gone = advance(begin(once(T + HOUR, T + 2 * HOUR), T).course, T + DAY);
  expect(gone.marked).toEqual([{ from: T + HOUR, to: T + 2 * HOUR }]);
});

test('[MT5] looked at every minute or once at the end, a year comes to the same', () => {
  const schedule = daily(T + HOUR, { until: T + 30 * DAY });
  let often = begin(schedule, T).course;
  for (let now = T; now <= T + 40 * DAY; now += 17 * MIN) often = advance(often, now).course;
  expect(advance(begin(schedule, T).course, T + 40 * DAY).course).toEqual(often);
  expect(often).toMatchObject({ state: 'completed', endedAt: T + 29 * DAY + 2 * HOUR });
});

test('[MT5] fifty windows are remembered', () => {
  const { course } = advance(begin(daily(T), T - HOUR).course, T + 400 * DAY + 2 * HOUR);
  expect(course.past.length).toBe(50);
  expect(course.past.at(-1)).toEqual({ from: T + 400 * DAY, to: T + 400 * DAY + HOUR });
});

test('[MT6] completed early, one window ends now and the next is awaited', () => {
  const repeating = begin(daily(T), T).course;
  const early = taken(complete(repeating, T + 10 * MIN));
  expect(early).toMatchObject({ state: 'scheduled', window: { from: T + DAY }, past: [{ from: T, to: T + 10 * MIN }] });
  // It does not begin again before its time, whatever is changed meanwhile.
  const changed = taken(reschedule(early, daily(T, { durationMs: 2 * HOUR }), T + 20 * MIN)).course;
  expect(changed).toMatchObject({ state: 'scheduled', window: { from: T + DAY, to: T + DAY + 2 * HOUR } });
  const single = taken(complete(begin(once(T, T + HOUR), T).course, T + MIN));
  expect(single).toMatchObject({ state: 'completed', endedAt: T + MIN, nextAt: null });
});

test('[MT6] what is not active is not completed, what is over is over', () => {
  const ahead = begin(once(T + HOUR, T + 2 * HOUR), T).course;
  expect(complete(ahead, T)).toMatchObject({ ok: false, code: 'gone' });
  const canceled = taken(cancel(ahead, T));
  expect(canceled).toMatchObject({ state: 'canceled', endedAt: T, window: null, nextAt: null, past: [] });
  expect(cancel(canceled, T)).toMatchObject({ ok: false, code: 'gone' });
  expect(extend(canceled, HOUR)).toMatchObject({ ok: false, code: 'gone' });
  expect(reschedule(canceled, once(T, T + HOUR), T)).toMatchObject({ ok: false, code: 'gone' });
  expect(taken(cancel(begin(daily(T - MIN), T).course, T)).past).toEqual([{ from: T - MIN, to: T }]);
});

test('[MT6] extended, the present window ends later and the ones after it stay', () => {
  const long = taken(extend(begin(daily(T), T).course, 30 * MIN));
  expect(long).toMatchObject({ window: { from: T, to: T + 90 * MIN }, nextAt: T + 90 * MIN });
  expect(advance(long, T + 80 * MIN).course).toMatchObject({ state: 'active' });
  expect(advance(long, T + 90 * MIN).course).toMatchObject({ window: { from: T + DAY, to: T + DAY + HOUR } });
  // Over the start of the next one: they are one.
  const over = taken(extend(begin(daily(T), T).course, 30 * HOUR));
  expect(advance(over, T + 31 * HOUR).course).toMatchObject({ state: 'scheduled', window: { from: T + 2 * DAY } });
  expect(extend(over, 89 * DAY)).toMatchObject({ ok: false, code: 'bad_field' });
  expect(taken(extend(begin(once(T, T + HOUR), T).course, HOUR)).schedule).toEqual(once(T, T + 2 * HOUR));
});

test('[MT6] rescheduled, a window that is no more ends now', () => {
  const open = begin(once(T - HOUR, T + HOUR), T - HOUR).course;
  expect(taken(reschedule(open, once(T + DAY, T + DAY + HOUR), T))).toMatchObject({
    course: { state: 'scheduled', past: [{ from: T - HOUR, to: T }] },
    marked: [],
  });
  expect(taken(reschedule(open, once(T - 2 * HOUR, T + 2 * HOUR), T))).toMatchObject({
    course: { state: 'active', window: { from: T - 2 * HOUR, to: T + 2 * HOUR } },
    marked: [{ from: T - 2 * HOUR, to: T - HOUR }],
  });
  expect(taken(reschedule(open, once(T - 3 * HOUR, T - MIN), T))).toMatchObject({
    course: { state: 'completed', endedAt: T, past: [{ from: T - 3 * HOUR, to: T }] },
    marked: [{ from: T - 3 * HOUR, to: T - HOUR }],
  });
});
