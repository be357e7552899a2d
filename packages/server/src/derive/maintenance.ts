/**
 * The life of a maintenance. Pure; every act is a function from a row to a row.
 *
 *   scheduled --window.from--> active --window.to--> completed
 *       ^                        |
 *       +---- repeat: next window+          cancel, from either --> canceled
 *
 * The row holds the window it waits for or is in, so that a longer one (`extend`) or a shorter one (`complete`) needs no
 * memory beside it. `past` keeps what was. Whom it means is not decided here (collect/maintenance/hold.ts).
 */
import type { Maintenance, MaintenanceSchedule, Span } from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { windowAt, windowsUntil } from './window.ts';

/** The fields that time moves. */
export type Course = Pick<Maintenance, 'schedule' | 'state' | 'window' | 'past' | 'endedAt' | 'nextAt'>;

/** A course after an act, and the spans it marks afterwards: those in which nobody could hold the records. */
export interface Moved {
  readonly course: Course;
  readonly marked: readonly Span[];
}

const PAST_MAX = 50;
const WINDOW_MS_MAX = 90 * 86_400_000;

/** A new schedule from now on. What of its present window lies behind is marked. */
export function begin(schedule: MaintenanceSchedule, now: number, past: readonly Span[] = []): Moved {
  const window = windowAfter(schedule, now, past.at(-1) ?? null);
  if (window === null) {
    // Only one window can lie wholly behind: repeating ones say what is to come.
    const marked = schedule.kind === 'once' ? [{ from: schedule.from, to: schedule.to }] : [];
    const endedAt = marked.at(-1)?.to ?? now;
    return { course: done(schedule, [...past, ...marked], endedAt), marked };
  }
  const isActive = window.from <= now;
  const marked = isActive && window.from < now ? [{ from: window.from, to: now }] : [];
  return { course: waiting(schedule, { state: isActive ? 'active' : 'scheduled', window, past }), marked };
}

/** What time made of it: windows that began, ended, or did both while nobody looked. */
export function advance(course: Course, now: number): Moved {
  const { schedule, state, window } = course;
  if (window === null || (state !== 'scheduled' && state !== 'active')) return { course, marked: [] };
  if (window.from > now) return { course, marked: [] };
  if (window.to > now) return { course: waiting(schedule, { ...course, state: 'active', window }), marked: [] };
  const later = windowsUntil(schedule, { after: window.from, until: now }).filter(({ to }) => to > window.to);
  const missed = later.filter(({ to }) => to <= now);
  const next = later.find(({ to }) => to > now) ?? null;
  const past = [...course.past, window, ...missed];
  const marked = state === 'scheduled' ? [window, ...missed] : missed;
  if (next === null) return { course: done(schedule, past, past.at(-1)?.to ?? now), marked };
  return {
    course: waiting(schedule, { state: next.from <= now ? 'active' : 'scheduled', window: next, past }),
    marked,
  };
}

/** Ends the present window now. A repeating maintenance waits for its next one. */
export function complete(course: Course, now: number): Result<Course> {
  const { schedule, state, window } = course;
  if (state !== 'active' || window === null) {
    return refuse('gone', `found it ${state}, expected it active; a window that has not begun is canceled`);
  }
  const past = [...course.past, { from: window.from, to: Math.max(now, window.from) }];
  const next = windowsUntil(schedule, { after: Math.max(now, window.from), until: now }).at(0) ?? null;
  return ok(next === null ? done(schedule, past, now) : waiting(schedule, { state: 'scheduled', window: next, past }));
}

/** Ends it for good. */
export function cancel(course: Course, now: number): Result<Course> {
  const { state, window } = course;
  if (state !== 'active' && state !== 'scheduled') return refuse('gone', `found it ${state} already; make a new one`);
  const past = state === 'active' && window !== null ? [...course.past, { from: window.from, to: now }] : course.past;
  return ok({ ...done(course.schedule, past, now), state: 'canceled' });
}

/** Moves the end of the present or next window. */
export function extend(course: Course, byMs: number): Result<Course> {
  const { schedule, state, window } = course;
  if ((state !== 'active' && state !== 'scheduled') || window === null) {
    return refuse('gone', `found it ${state}, expected it scheduled or active; make a new one`);
  }
  const to = window.to + byMs;
  if (to - window.from > WINDOW_MS_MAX) return refuse('bad_field', 'ms: expected a window of at most 90 days in all');
  const moved = schedule.kind === 'once' ? { ...schedule, to } : schedule;
  return ok(waiting(moved, { ...course, state, window: { from: window.from, to } }));
}

/** Another schedule in its place. A window that it no longer has ends now. */
export function reschedule(course: Course, schedule: MaintenanceSchedule, now: number): Result<Moved> {
  const { state, window } = course;
  if (state !== 'active' && state !== 'scheduled') {
    return refuse('gone', `found it ${state}, expected it scheduled or active; make a new one`);
  }
  const held = state === 'active' ? window : null;
  const moved = begin(schedule, now, course.past);
  if (held === null) return ok(moved);
  // The records were held from `held.from` on: only what lies before that is left to mark.
  const marked = moved.marked.map(({ from, to }) => ({ from, to: Math.min(to, held.from) }));
  const left = marked.filter(({ from, to }) => from < to);
  if (moved.course.state === 'active') return ok({ course: moved.course, marked: left });
  const from = schedule.kind === 'once' ? Math.min(held.from, schedule.from) : held.from;
  const past = [...course.past, { from, to: now }];
  const isOver = moved.course.window === null;
  return ok({ course: { ...moved.course, past: newest(past), endedAt: isOver ? now : null }, marked: left });
}

function windowAfter(schedule: MaintenanceSchedule, now: number, last: Span | null): Span | null {
  const window = windowAt(schedule, now);
  // One that was completed early does not begin again.
  if (window === null || schedule.kind === 'once' || last === null || window.from > last.from) return window;
  return windowsUntil(schedule, { after: Math.max(now, last.from), until: now }).at(0) ?? null;
}

function waiting(
  schedule: MaintenanceSchedule,
  {
    state,
    window,
    past,
  }: { readonly state: 'active' | 'scheduled'; readonly window: Span; readonly past: readonly Span[] },
): Course {
  const nextAt = state === 'active' ? window.to : window.from;
  return { schedule, state, window, past: newest(past), endedAt: null, nextAt };
}

function done(schedule: MaintenanceSchedule, past: readonly Span[], endedAt: number): Course {
  return { schedule, state: 'completed', window: null, past: newest(past), endedAt, nextAt: null };
}

function newest(past: readonly Span[]): readonly Span[] {
  return past.filter(({ from, to }) => from < to).slice(-PAST_MAX);
}
