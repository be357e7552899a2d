/**
 * When a schedule's windows are. Pure: time comes in. A repeating schedule begins at the wall-clock times of its zone, in
 * summer and in winter; how long a window lasts is real time. Expansion is bounded: in years ahead and in starts.
 */
import {
  parseRecurrence,
  recurrenceText,
  type MaintenanceSchedule,
  type Recurrence,
  type ScheduleInput,
  type Span,
} from '@statewire/model';
import { ok, refuse, type Result } from '@statewire/protocol';
import { eachStart } from './occurrences.ts';
import { instantOf, wallAt } from '../lib/zone.ts';

/** How far ahead the next window is looked for. The rarest rule people write is the 29th of February. */
const YEARS_AHEAD = 12;
/** Starts of one expansion; daily for a hundred years. */
const STARTS_MAX = 40_000;
const DAY_MS = 86_400_000;
const WINDOW_MS_MAX = 90 * DAY_MS;

/** The schedule that a caller's words mean now, or why it has no window. */
export function readSchedule(input: ScheduleInput, now: number): Result<MaintenanceSchedule> {
  if (input.kind === 'once') {
    const from = input.from ?? now;
    const to = input.to ?? from + (input.durationMs ?? 0);
    if (to <= from) return refuse('bad_field', `schedule.to: found ${to}, expected a time after ${from}, the start`);
    // The schema sees both ends only when both are given.
    if (to - from > WINDOW_MS_MAX) return refuse('bad_field', 'schedule.to: expected a window of at most 90 days');
    return ok({ kind: 'once', from, to });
  }
  const read = parseRecurrence(input.rrule);
  if (!read.ok) return refuse('bad_field', `schedule.rrule: ${read.message}`);
  const rule = read.value;
  const zone = input.zone ?? rule.zone ?? 'UTC';
  const given = rule.start === null ? null : rule.start.isInstant ? rule.start.ms : instantOf(rule.start.ms, zone);
  const schedule: MaintenanceSchedule = {
    kind: 'repeat',
    rrule: recurrenceText(input.rrule),
    durationMs: input.durationMs ?? rule.durationMs ?? 0,
    zone,
    from: given ?? input.from ?? Math.ceil(now / 60_000) * 60_000,
    until: input.until ?? null,
  };
  const next = windowAt(schedule, now);
  if (next === null) {
    const rest = `the rule ${JSON.stringify(schedule.rrule)} has no window from now on`;
    return refuse('bad_field', `schedule.rrule: ${rest}; expected one within ${YEARS_AHEAD} years`);
  }
  return ok(schedule);
}

/** The window that an instant is in, or the next one. When two overlap, the one that began last. */
export function windowAt(schedule: MaintenanceSchedule, at: number): Span | null {
  if (schedule.kind === 'once') return schedule.to > at ? spanOf(schedule.from, schedule.to) : null;
  const all = windowsUntil(schedule, { after: at - schedule.durationMs, until: at });
  return all.findLast(({ from }) => from <= at) ?? all.at(-1) ?? null;
}

/**
 * The windows that begin after one instant, up to and including the first that begins after another: what was and what
 * is next, in order.
 */
export function windowsUntil(
  schedule: MaintenanceSchedule,
  range: { readonly after: number; readonly until: number },
): readonly Span[] {
  if (schedule.kind === 'once') return schedule.from > range.after ? [spanOf(schedule.from, schedule.to)] : [];
  const read = parseRecurrence(schedule.rrule);
  if (!read.ok) return [];
  const spans: Span[] = [];
  for (const from of starts(schedule, read.value, range)) spans.push(spanOf(from, from + schedule.durationMs));
  return spans;
}

type Repeat = Extract<MaintenanceSchedule, { kind: 'repeat' }>;

function starts(
  schedule: Repeat,
  recurrence: Recurrence,
  { after, until }: { readonly after: number; readonly until: number },
): readonly number[] {
  const { zone } = schedule;
  const left = new Set(recurrence.excluded.map(({ ms, isInstant }) => (isInstant ? wallAt(ms, zone) : ms)));
  const ends = [wallAt(Math.max(until, after, schedule.from) + YEARS_AHEAD * 366 * DAY_MS, zone)];
  if (recurrence.until !== null)
    ends.push(recurrence.until.isInstant ? wallAt(recurrence.until.ms, zone) : recurrence.until.ms);
  if (schedule.until !== null) ends.push(wallAt(schedule.until, zone));
  const bounds = { first: wallAt(schedule.from, zone), near: wallAt(after, zone), horizon: Math.min(...ends) };
  const found: number[] = [];
  let seen = 0;
  eachStart(recurrence, bounds, (wall) => {
    seen += 1;
    // A rule with a count is counted through from its first day; days that are long over need no zone.
    if (wall < bounds.near - 2 * DAY_MS || left.has(wall)) return seen < STARTS_MAX;
    const from = instantOf(wall, zone);
    // Walls that the clocks skip fall on one instant; a window begins once.
    if (from > after && from !== found.at(-1)) found.push(from);
    return seen < STARTS_MAX && !(from > until && from > after);
  });
  return found;
}

function spanOf(from: number, to: number): Span {
  return { from, to };
}
