/**
 * Repeating windows as people write them: the RRULE of RFC 5545, alone or as it is pasted from a calendar (`DTSTART`,
 * `EXDATE`, `DURATION` or `DTEND` beside it). Read strictly and bounded here; when the windows are is worked out by the
 * server (derive/window.ts).
 *
 * Times of a rule are wall-clock times of its zone, held as the milliseconds those fields would have in UTC.
 */
import { ok, refuse, type Result } from '@statewire/protocol';

/** How often a rule of recurrence comes back. */
export type Frequency = 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';

/** A time as the text said it: the zone's clocks, or an instant when it ended in `Z`. */
export interface RuleTime {
  readonly ms: number;
  readonly isInstant: boolean;
}

/** One weekday, 0 is Monday; `nth` counts in the month or year (-1 is the last), null is every one. */
export interface RuleDay {
  readonly day: number;
  readonly nth: number | null;
}

/** A rule that was read. */
export interface Recurrence {
  readonly freq: Frequency;
  readonly interval: number;
  readonly count: number | null;
  readonly until: RuleTime | null;
  readonly weekStart: number;
  readonly byMonth: readonly number[];
  readonly byMonthDay: readonly number[];
  readonly byYearDay: readonly number[];
  readonly byDay: readonly RuleDay[];
  readonly byHour: readonly number[];
  readonly byMinute: readonly number[];
  readonly bySetPos: readonly number[];
  /** What else the text said. */
  readonly start: RuleTime | null;
  readonly zone: string | null;
  readonly durationMs: number | null;
  /** Windows that are left out, by their start. */
  readonly excluded: readonly RuleTime[];
}

/** Bounds of one rule's text. */
export const recurrenceLimits = { textLength: 4096, excluded: 366, perDay: 96 } as const;

/** Reads a rule. A failure says which part was found and what is expected. */
export function parseRecurrence(text: string): Result<Recurrence> {
  if (text.length > recurrenceLimits.textLength) {
    return refuse('bad_field', `found ${text.length} characters, expected at most ${recurrenceLimits.textLength}`);
  }
  try {
    return ok(readText(text));
  } catch (error) {
    if (error instanceof RuleError) return refuse('bad_field', error.message);
    throw error;
  }
}

/** The rule and what is left out of it as text that `parseRecurrence` reads again: without start, zone and duration. */
export function recurrenceText(text: string): string {
  return unfold(text)
    .filter((line) => /^(RRULE|EXDATE)\b/i.test(line) || /^FREQ=/i.test(line))
    .map((line) => line.replace(/^RRULE:/i, ''))
    .map((line) => line.toUpperCase().replace(/^EXDATE[^:]*:/, 'EXDATE:'))
    .join('\n');
}

/** Is this a time zone that this platform knows, by its IANA name? */
export function isZone(zone: string): boolean {
  try {
    return /^[A-Za-z]/.test(zone) && Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

class RuleError extends Error {}

function readText(text: string): Recurrence {
  let rule: Omit<Recurrence, 'start' | 'zone' | 'durationMs' | 'excluded'> | null = null;
  let start: RuleTime | null = null;
  let end: RuleTime | null = null;
  let zone: string | null = null;
  let durationMs: number | null = null;
  const excluded: RuleTime[] = [];
  for (const line of unfold(text)) {
    const { name, params, value } = property(line);
    switch (name) {
      case 'RRULE':
        if (rule !== null) throw new RuleError('found two RRULE lines, expected one; make a maintenance for each');
        rule = readRule(value);
        break;
      case 'DTSTART':
        start = readTime(name, value);
        zone = zoneOf(params) ?? (start.isInstant ? 'UTC' : null);
        break;
      case 'DTEND':
        end = readTime(name, value);
        break;
      case 'DURATION':
        durationMs = readDuration(value);
        break;
      case 'EXDATE':
        for (const each of value.split(',')) excluded.push(readTime(name, each));
        break;
      case 'RDATE':
      case 'EXRULE':
        throw new RuleError(
          `found ${name}, expected an RRULE with EXDATE only; make a one-off maintenance for each extra date`,
        );
      default: // What else a calendar says of an event (SUMMARY, UID, BEGIN) is not about when.
    }
  }
  if (rule === null) throw new RuleError(`found ${quote(text)}, expected a rule such as FREQ=WEEKLY;BYDAY=SU`);
  if (excluded.length > recurrenceLimits.excluded)
    throw new RuleError(`found ${excluded.length} dates in EXDATE, expected at most ${recurrenceLimits.excluded}`);
  if (start !== null && end !== null && durationMs === null) durationMs = end.ms - start.ms;
  if (durationMs !== null && durationMs <= 0)
    throw new RuleError('found an end before the start, expected DTEND after DTSTART');
  return { ...rule, start, zone, durationMs, excluded };
}

/** Lines of iCalendar text: a line that starts with a blank goes on with the one before. */
function unfold(text: string): readonly string[] {
  return text
    .replaceAll(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function property(line: string): { readonly name: string; readonly params: string; readonly value: string } {
  const found = /^([A-Za-z-]+)((?:;[^:]*)?):(.*)$/.exec(line);
  if (found === null) return { name: 'RRULE', params: '', value: line };
  return { name: (found[1] ?? '').toUpperCase(), params: found[2] ?? '', value: (found[3] ?? '').trim() };
}

function zoneOf(params: string): string | null {
  const zone = /;TZID=("?)([^;"]+)\1/i.exec(params)?.[2] ?? null;
  if (zone !== null && !isZone(zone))
    throw new RuleError(`found TZID ${quote(zone)}, expected a time zone such as Europe/Berlin`);
  return zone;
}

function readRule(text: string): Omit<Recurrence, 'start' | 'zone' | 'durationMs' | 'excluded'> {
  const parts = new Map<string, string>();
  for (const part of text.replace(/;$/, '').split(';')) {
    const at = part.indexOf('=');
    if (at <= 0) throw new RuleError(`found ${quote(part)}, expected NAME=VALUE such as FREQ=WEEKLY`);
    const name = part.slice(0, at).trim().toUpperCase();
    if (!PARTS.has(name)) throw new RuleError(`found ${quote(name)}, expected one of ${[...PARTS].join(', ')}`);
    if (parts.has(name)) throw new RuleError(`found ${name} twice, expected it once`);
    parts.set(
      name,
      part
        .slice(at + 1)
        .trim()
        .toUpperCase(),
    );
  }
  const freq = frequencyOf(parts.get('FREQ'));
  const count = parts.get('COUNT');
  const until = parts.get('UNTIL');
  if (count !== undefined && until !== undefined)
    throw new RuleError('found COUNT and UNTIL, expected at most one of them');
  const bySecond = numbers(parts, 'BYSECOND', 0, 59);
  if (bySecond.some((second) => second !== 0))
    throw new RuleError('found BYSECOND, expected windows that begin at whole minutes');
  const byHour = numbers(parts, 'BYHOUR', 0, 23);
  const byMinute = numbers(parts, 'BYMINUTE', 0, 59);
  const perDay = Math.max(byHour.length, 1) * Math.max(byMinute.length, 1);
  if (perDay > recurrenceLimits.perDay)
    throw new RuleError(`found ${perDay} windows a day, expected at most ${recurrenceLimits.perDay}`);
  const byDay = daysOf(parts.get('BYDAY'));
  if ((freq === 'DAILY' || freq === 'WEEKLY') && byDay.some(({ nth }) => nth !== null))
    throw new RuleError(`found a numbered BYDAY with FREQ=${freq}, expected it with MONTHLY or YEARLY only`);
  const bySetPos = numbers(parts, 'BYSETPOS', -366, 366, NOT_ZERO);
  return {
    freq,
    interval: numberOf('INTERVAL', parts.get('INTERVAL') ?? '1', 1, 1000),
    count: count === undefined ? null : numberOf('COUNT', count, 1, 10_000),
    until: until === undefined ? null : readTime('UNTIL', until),
    weekStart: dayOf(parts.get('WKST') ?? 'MO'),
    byMonth: numbers(parts, 'BYMONTH', 1, 12),
    byMonthDay: numbers(parts, 'BYMONTHDAY', -31, 31, NOT_ZERO),
    byYearDay: numbers(parts, 'BYYEARDAY', -366, 366, NOT_ZERO),
    byDay,
    byHour,
    byMinute,
    bySetPos,
  };
}

const PARTS: ReadonlySet<string> = new Set([
  'FREQ',
  'INTERVAL',
  'COUNT',
  'UNTIL',
  'BYMONTH',
  'BYMONTHDAY',
  'BYYEARDAY',
  'BYDAY',
  'BYHOUR',
  'BYMINUTE',
  'BYSECOND',
  'BYSETPOS',
  'WKST',
]);

const NOT_ZERO = (value: number): boolean => value !== 0;

function frequencyOf(text: string | undefined): Frequency {
  if (text === 'DAILY' || text === 'WEEKLY' || text === 'MONTHLY' || text === 'YEARLY') return text;
  const expected = 'expected DAILY, WEEKLY, MONTHLY or YEARLY';
  if (text === 'HOURLY' || text === 'MINUTELY' || text === 'SECONDLY')
    throw new RuleError(`found FREQ=${text}, ${expected}; name the times of the day with BYHOUR and BYMINUTE`);
  throw new RuleError(`found FREQ=${quote(text ?? '')}, ${expected}`);
}

function numbers(
  parts: ReadonlyMap<string, string>,
  name: string,
  min: number,
  max: number,
  allows: (value: number) => boolean = () => true,
): readonly number[] {
  const text = parts.get(name);
  if (text === undefined) return [];
  const found = text.split(',').map((each) => numberOf(name, each, min, max));
  if (!found.every(allows)) throw new RuleError(`found ${name}=0, expected a number from 1, or from -1 backwards`);
  return [...new Set(found)].sort((a, b) => a - b);
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = /^[+-]?\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new RuleError(`found ${name}=${quote(text)}, expected a whole number from ${min} to ${max}`);
  return value;
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

function daysOf(text: string | undefined): readonly RuleDay[] {
  if (text === undefined) return [];
  return text.split(',').map((each) => {
    const found = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(each.trim());
    if (found === null) throw new RuleError(`found BYDAY=${quote(each)}, expected days such as MO or -1FR`);
    const nth = found[1] === undefined ? null : numberOf('BYDAY', found[1], -53, 53);
    if (nth === 0) throw new RuleError('found BYDAY=0, expected 1 for the first or -1 for the last');
    return { day: dayOf(found[2] ?? ''), nth };
  });
}

function dayOf(text: string): number {
  const day = DAYS.indexOf(text);
  if (day < 0) throw new RuleError(`found ${quote(text)}, expected a weekday: ${DAYS.join(', ')}`);
  return day;
}

function readTime(name: string, text: string): RuleTime {
  const found = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/i.exec(text.trim());
  if (found === null) throw new RuleError(`found ${name} ${quote(text)}, expected a time such as 20260131T020000`);
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0));
  const ms = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0);
  const back = new Date(ms);
  if (back.getUTCMonth() + 1 !== month || back.getUTCDate() !== day || back.getUTCHours() !== hour)
    throw new RuleError(`found ${name} ${quote(text)}, expected a time that exists`);
  // An end that names a day only takes that day in.
  const isDay = found[4] === undefined;
  return { ms: isDay && name === 'UNTIL' ? ms + DAY_MS - 1 : ms, isInstant: (found[7] ?? '') !== '' };
}

const DAY_MS = 86_400_000;

function readDuration(text: string): number {
  const found = /^P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$/i.exec(
    text.trim(),
  );
  if (found === null || !/\d/.test(text))
    throw new RuleError(`found DURATION ${quote(text)}, expected one such as PT2H30M`);
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return (
    (weeks ?? 0) * 7 * DAY_MS +
    (days ?? 0) * DAY_MS +
    (hours ?? 0) * 3_600_000 +
    (minutes ?? 0) * 60_000 +
    (seconds ?? 0) * 1000
  );
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
