/** Uptime Kuma's maintenances: one strategy each, times of day in a zone. */
import { isZone } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { instantOf, wallAt } from '../../lib/zone.ts';
import { LeftError, type ImportContext, type Item } from './plan.ts';
import { flagOf, innerJson, lineOf, listOf, numberOf, scalarText, textOf } from './read.ts';

export function maintenanceOf(
  of: JsonObject,
  context: ImportContext,
  where: { readonly from: string; readonly isTaken: (service: string) => boolean },
): Item {
  const id = textOf(of, 'id');
  if (!/^\d{1,15}$/.test(id)) throw new LeftError('it has no id', 'make it here by hand');
  if (!flagOf(of, 'active', true)) throw new LeftError('it is not active', 'make it here when it is needed');
  const notes: string[] = [];
  const wanted = listOf(of, 'monitorIDList').map((each) => `kuma-${scalarText(each)}`);
  const ids = wanted.filter((service) => where.isTaken(service));
  if (ids.length === 0) throw new LeftError('none of its monitors was taken', 'make it here by hand');
  if (ids.length < wanted.length) notes.push(`${wanted.length - ids.length} of its monitors were not taken`);
  return {
    collection: 'maintenances',
    id: `kuma-maintenance-${id}`,
    name: lineOf(textOf(of, 'title'), 200),
    from: where.from,
    fields: {
      title: lineOf(textOf(of, 'title'), 200),
      text: textOf(of, 'description').slice(0, 4000),
      selector: { collection: 'services', where: ['in', 'id', ids.slice(0, 1000)] },
      schedule: scheduleOf(of, context, notes),
    },
    notes,
  };
}

function scheduleOf(of: JsonObject, { now }: ImportContext, notes: string[]): JsonObject {
  const zone = zoneOf(of, notes);
  const first = timeOf(textOf(of, 'start_date'), zone);
  const last = timeOf(textOf(of, 'end_date'), zone);
  if (last !== null && last <= now) throw new LeftError('it is over', 'nothing');
  const strategy = textOf(of, 'strategy');
  if (strategy === 'single') {
    if (first === null || last === null) throw new LeftError('it has no start and end', 'make it here by hand');
    return { kind: 'once', from: first, to: last };
  }
  if (strategy === 'manual')
    throw new LeftError('it is switched by hand and has no end', 'make one here when you need it: now, for 30 minutes');
  const repeats = (rrule: string, minutes: number | null, durationMs: number): JsonObject => ({
    kind: 'repeat',
    rrule,
    durationMs,
    zone,
    from: startOf(first ?? now, minutes, zone),
    ...(last === null ? {} : { until: last }),
  });
  if (strategy === 'cron') {
    const seconds = numberOf(of, 'duration') ?? 0;
    return repeats(cronRule(textOf(of, 'cron')), null, seconds * 1000);
  }
  const start = minutesOf(textOf(of, 'start_time'));
  const end = minutesOf(textOf(of, 'end_time'));
  if (start === null || end === null) throw new LeftError('it has no times of day', 'make it here by hand');
  const durationMs = ((end - start + 1440) % 1440 || 1440) * 60_000;
  const time = `BYHOUR=${Math.floor(start / 60)};BYMINUTE=${start % 60}`;
  switch (strategy) {
    case 'recurring-interval':
      return repeats(`FREQ=DAILY;INTERVAL=${numberOf(of, 'interval_day') ?? 1};${time}`, start, durationMs);
    case 'recurring-weekday':
      return repeats(`FREQ=WEEKLY;BYDAY=${weekdaysOf(of).join(',')};${time}`, start, durationMs);
    case 'recurring-day-of-month':
      return repeats(`FREQ=MONTHLY;BYMONTHDAY=${monthDaysOf(of).join(',')};${time}`, start, durationMs);
    default:
      throw new LeftError(`found the strategy ${JSON.stringify(strategy.slice(0, 40))}`, 'make it here by hand');
  }
}

function zoneOf(of: JsonObject, notes: string[]): string {
  const zone = textOf(of, 'timezone');
  if (zone !== '' && zone !== 'SAME_AS_SERVER' && isZone(zone)) return zone;
  notes.push(
    'its time zone was that of its server; here it is UTC: set the zone of the schedule if that is not the same',
  );
  return 'UTC';
}

/** `2026-01-31 02:00` or `2026-01-31 02:00:00`, by the clocks of the zone. */
function timeOf(text: string, zone: string): number | null {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)/.exec(text);
  const wall = found === null ? Number.NaN : Date.parse(`${found[1] ?? ''}T${found[2] ?? ''}Z`);
  return Number.isFinite(wall) ? instantOf(wall, zone) : null;
}

/** The first window's day with its time, so that the rhythm is counted from there. */
function startOf(first: number, minutes: number | null, zone: string): number {
  const instant = Math.max(first, Date.UTC(2000, 0, 1));
  if (minutes === null) return instant;
  const midnight = Math.floor(wallAt(instant, zone) / 86_400_000) * 86_400_000;
  return instantOf(midnight + minutes * 60_000, zone);
}

function minutesOf(text: string): number | null {
  const found = /^(\d{1,2}):(\d\d)/.exec(text);
  const minutes = found === null ? 1440 : Number(found[1]) * 60 + Number(found[2]);
  return minutes < 1440 ? minutes : null;
}

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

function weekdaysOf(of: JsonObject): readonly string[] {
  const found = inner(of, 'weekdays').map((day) => DAYS[Number(day) % 7]);
  const days = found.filter((day) => day !== undefined);
  if (days.length === 0) throw new LeftError('it has no weekdays', 'choose some');
  return days;
}

/** 1 to 31, and `lastDay1` for the last, `lastDay2` for the one before it. */
function monthDaysOf(of: JsonObject): readonly number[] {
  const days = inner(of, 'days_of_month').map((day) => {
    const back = /^lastDay([1-4])$/.exec(String(day))?.[1];
    return back === undefined ? Number(day) : -Number(back);
  });
  if (days.length === 0) throw new LeftError('it has no days', 'choose some');
  return days;
}

/** A list, or JSON of one in a text. */
function inner(of: JsonObject, name: string): readonly unknown[] {
  const list = listOf(of, name);
  if (list.length > 0) return list;
  const value = innerJson(textOf(of, name));
  return Array.isArray(value) ? value : [];
}

/** Five fields of cron as an RRULE. */
export function cronRule(text: string): string {
  const parts = text.trim().split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts;
  const complex = (): never => {
    throw new LeftError(
      `its cron ${JSON.stringify(text.slice(0, 60))} has no RRULE of daily windows`,
      'write it as an RRULE by hand',
    );
  };
  if (parts.length !== 5 || (day !== '*' && weekday !== '*')) complex();
  const list = (field: string, min: number, max: number): readonly number[] | null => {
    if (field === '*') return null;
    const found: number[] = [];
    for (const each of field.split(',')) {
      const range = /^(?:(\d{1,2})(?:-(\d{1,2}))?|\*)(?:\/(\d{1,2}))?$/.exec(each);
      const from = range?.[1] === undefined ? min : Number(range[1]);
      const to =
        range?.[2] !== undefined ? Number(range[2]) : range?.[1] === undefined || range[3] !== undefined ? max : from;
      const step = Number(range?.[3] ?? 1);
      if (range === null || step < 1 || from < min || to > max || from > to) complex();
      for (let value = from; value <= to; value += step) found.push(value);
    }
    return found;
  };
  const hours = list(hour, 0, 23) ?? Array.from({ length: 24 }, (_, n) => n);
  const minutes = list(minute, 0, 59) ?? complex();
  const days = list(day, 1, 31);
  const months = list(month, 1, 12);
  const weekdays = list(weekday, 0, 7);
  return [
    'FREQ=DAILY',
    `BYHOUR=${hours.join(',')}`,
    `BYMINUTE=${minutes.join(',')}`,
    ...(days === null ? [] : [`BYMONTHDAY=${days.join(',')}`]),
    ...(months === null ? [] : [`BYMONTH=${months.join(',')}`]),
    ...(weekdays === null ? [] : [`BYDAY=${[...new Set(weekdays.map((each) => DAYS[each % 7] ?? ''))].join(',')}`]),
  ].join(';');
}
