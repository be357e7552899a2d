/**
 * The starts of a recurrence, in wall time. Own work and not a library's, because it has to end: a rule that never comes
 * (the 30th of February) is looked for no further than the horizon. A test compares it with a library on random rules.
 *
 * Period by period (day, week, month, year): the days of the period that pass the rule, times the times of the day, then
 * those that BYSETPOS picks.
 */
import type { Recurrence, RuleDay } from '@statewire/model';

const DAY_MS = 86_400_000;

/**
 * Calls `take` with each start from `first` on, in order, until it answers false, the rule's count is reached, or the
 * horizon passed. Without a count, periods that end before `near` are skipped.
 */
export function eachStart(
  rule: Recurrence,
  bounds: { readonly first: number; readonly near: number; readonly horizon: number },
  take: (wall: number) => boolean,
): void {
  const { first, near, horizon } = bounds;
  const filled = withDefaults(rule, first);
  const times = timesOf(rule, first);
  let left = rule.count ?? Infinity;
  const skipped =
    rule.count === null ? Math.max(0, Math.floor(periodsBetween(filled, first, near) / rule.interval) - 1) : 0;
  for (let n = skipped; ; n++) {
    const days = daysOfPeriod(filled, first, n * rule.interval);
    if (days.from * DAY_MS > horizon) return;
    for (const wall of picked(filled, days, times)) {
      if (wall < first) continue;
      if (wall > horizon) return;
      if (!take(wall)) return;
      left -= 1;
      if (left <= 0) return;
    }
  }
}

/** Days since 1970, from (inclusive) to (exclusive). */
interface Days {
  readonly from: number;
  readonly to: number;
}

/** What the rule leaves open is as on its first day. */
function withDefaults(rule: Recurrence, first: number): Recurrence {
  const isOpen = rule.byDay.length === 0 && rule.byMonthDay.length === 0 && rule.byYearDay.length === 0;
  if (!isOpen || rule.freq === 'DAILY') return rule;
  const date = new Date(first);
  if (rule.freq === 'WEEKLY') return { ...rule, byDay: [{ day: weekdayOf(dayOf(first)), nth: null }] };
  const byMonth = rule.freq === 'YEARLY' && rule.byMonth.length === 0 ? [date.getUTCMonth() + 1] : rule.byMonth;
  return { ...rule, byMonth, byMonthDay: [date.getUTCDate()] };
}

/** Milliseconds after midnight, in order. */
function timesOf({ byHour, byMinute }: Recurrence, first: number): readonly number[] {
  const date = new Date(first);
  const hours = byHour.length === 0 ? [date.getUTCHours()] : byHour;
  const minutes = byMinute.length === 0 ? [date.getUTCMinutes()] : byMinute;
  // A rule that names its times begins at whole minutes.
  const rest = byHour.length === 0 && byMinute.length === 0 ? first % 60_000 : 0;
  return hours.flatMap((hour) => minutes.map((minute) => (hour * 60 + minute) * 60_000 + rest));
}

/** How many periods (of an interval of 1) lie between. */
function periodsBetween({ freq }: Recurrence, first: number, near: number): number {
  const days = (near - first) / DAY_MS;
  if (freq === 'DAILY') return days;
  if (freq === 'WEEKLY') return days / 7;
  const months = (yearOf(near) - yearOf(first)) * 12 + monthOf(near) - monthOf(first);
  return freq === 'MONTHLY' ? months : months / 12 - 1;
}

function daysOfPeriod({ freq, weekStart }: Recurrence, first: number, n: number): Days {
  const day = dayOf(first);
  if (freq === 'DAILY') return { from: day + n, to: day + n + 1 };
  if (freq === 'WEEKLY') {
    const from = day - ((weekdayOf(day) - weekStart + 7) % 7) + 7 * n;
    return { from, to: from + 7 };
  }
  if (freq === 'MONTHLY') return monthDays(yearOf(first), monthOf(first) + n);
  return { from: dayOf(Date.UTC(yearOf(first) + n, 0, 1)), to: dayOf(Date.UTC(yearOf(first) + n + 1, 0, 1)) };
}

function* picked(rule: Recurrence, days: Days, times: readonly number[]): Generator<number> {
  if (rule.bySetPos.length === 0) {
    yield* startsOn(rule, days, times);
    return;
  }
  const all = Array.from(startsOn(rule, days, times));
  const places = rule.bySetPos.map((place) => (place > 0 ? place - 1 : all.length + place));
  for (const place of [...new Set(places)].sort((a, b) => a - b)) {
    const wall = all[place];
    if (wall !== undefined) yield wall;
  }
}

function* startsOn(rule: Recurrence, days: Days, times: readonly number[]): Generator<number> {
  for (let day = days.from; day < days.to; day++) {
    if (passes(rule, day)) for (const time of times) yield day * DAY_MS + time;
  }
}

function passes(rule: Recurrence, day: number): boolean {
  const wall = day * DAY_MS;
  const month = monthOf(wall);
  if (rule.byMonth.length > 0 && !rule.byMonth.includes(month + 1)) return false;
  if (rule.byMonthDay.length > 0 && !isNumbered(rule.byMonthDay, day, monthDays(yearOf(wall), month))) return false;
  if (rule.byYearDay.length > 0 && !isNumbered(rule.byYearDay, day, yearDays(yearOf(wall)))) return false;
  return rule.byDay.length === 0 || rule.byDay.some((each) => isDay(rule, each, day));
}

/** Is the day one of these, counted from the first (1) or from the last (-1) of its span? */
function isNumbered(numbers: readonly number[], day: number, { from, to }: Days): boolean {
  return numbers.includes(day - from + 1) || numbers.includes(day - to);
}

/** Is it this weekday, and the nth of its month, or of its year when a yearly rule names no months? */
function isDay(rule: Recurrence, { day: weekday, nth }: RuleDay, day: number): boolean {
  if (weekdayOf(day) !== weekday) return false;
  if (nth === null) return true;
  const wall = day * DAY_MS;
  const isOfYear = rule.freq === 'YEARLY' && rule.byMonth.length === 0;
  const { from, to } = isOfYear ? yearDays(yearOf(wall)) : monthDays(yearOf(wall), monthOf(wall));
  return nth > 0 ? Math.floor((day - from) / 7) + 1 === nth : Math.floor((to - 1 - day) / 7) + 1 === -nth;
}

function monthDays(year: number, month: number): Days {
  return { from: dayOf(Date.UTC(year, month, 1)), to: dayOf(Date.UTC(year, month + 1, 1)) };
}

function yearDays(year: number): Days {
  return { from: dayOf(Date.UTC(year, 0, 1)), to: dayOf(Date.UTC(year + 1, 0, 1)) };
}

function dayOf(wall: number): number {
  return Math.floor(wall / DAY_MS);
}

/** 0 is Monday; 1970 began on a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function yearOf(wall: number): number {
  return new Date(wall).getUTCFullYear();
}

function monthOf(wall: number): number {
  return new Date(wall).getUTCMonth();
}
