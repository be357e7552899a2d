import type { MaintenanceSchedule, ScheduleInput } from '@statewire/model';
import { expect, test } from 'vitest';
import { readSchedule, windowAt, windowsUntil } from './window.ts';
import { instantOf, wallAt } from '../lib/zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function repeat(
  rrule: string,
  from: string,
  over: Partial<Extract<MaintenanceSchedule, { kind: 'repeat' }>> = {},
): MaintenanceSchedule {
  return { kind: 'repeat', rrule, durationMs: HOUR, zone: 'UTC', from: at(from), until: null, ...over };
}

function at(iso: string): number {
  return Date.parse(iso);
}

/** The starts after one instant up to and including the first after another, as ISO texts without milliseconds. */
function starts(schedule: MaintenanceSchedule, after: string, until: string): readonly string[] {
  return windowsUntil(schedule, { after: at(after), until: at(until) }).map(({ from }) =>
    new Date(from).toISOString().replace(':00.000Z', 'Z'),
  );
}

test.each([
  // Clocks set forward: 02:30 is not shown on that day and becomes 03:30.
  ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30Z'],
  ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:30Z'],
  // Clocks set back: 02:30 is shown twice; the first counts.
  ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30Z'],
  ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30Z'],
  ['Europe/Berlin', '2026-01-15T12:00', '2026-01-15T11:00Z'],
  ['Europe/Berlin', '2026-07-15T12:00', '2026-07-15T10:00Z'],
  ['Asia/Kathmandu', '2026-07-15T12:00', '2026-07-15T06:15Z'],
  ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:45Z'],
  ['America/St_Johns', '2026-07-15T00:00', '2026-07-15T02:30Z'],
  ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T22:00Z'],
  ['UTC', '2026-03-29T02:30', '2026-03-29T02:30Z'],
])('[MT2] in %s the clocks show %s at %s', (zone, wall, instant) => {
  expect(new Date(instantOf(at(`${wall}Z`), zone)).toISOString()).toBe(new Date(at(instant)).toISOString());
});

test('[MT2] an instant, its wall time and back are the same, but for the hour that is shown twice', () => {
  for (const zone of ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC']) {
    for (let instant = at('2026-01-01T00:07Z'); instant < at('2027-01-01T00:00Z'); instant += 7 * HOUR) {
      const back = instantOf(wallAt(instant, zone), zone);
      expect(instant - back === 0 || (instant - back > 0 && instant - back <= HOUR)).toBe(true);
    }
  }
});

test.each<[string, MaintenanceSchedule, string, string, readonly string[]]>([
  [
    'weekly at 02:00 in Berlin keeps its clock over the start of summer time',
    repeat('FREQ=WEEKLY;BYDAY=WE;BYHOUR=2;BYMINUTE=0', '2026-03-01T00:00Z', { zone: 'Europe/Berlin' }),
    '2026-03-20T00:00Z',
    '2026-04-07T00:00Z',
    ['2026-03-25T01:00Z', '2026-04-01T00:00Z', '2026-04-08T00:00Z'],
  ],
  [
    'daily at 02:30 in Berlin on the day without a 02:30',
    repeat('FREQ=DAILY', '2026-03-27T01:30Z', { zone: 'Europe/Berlin' }),
    '2026-03-28T00:00Z',
    '2026-03-29T12:00Z',
    ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z'],
  ],
  [
    'daily at 02:30 in Berlin on the day with two of them begins once',
    repeat('FREQ=DAILY', '2026-10-20T00:30Z', { zone: 'Europe/Berlin' }),
    '2026-10-24T12:00Z',
    '2026-10-25T20:00Z',
    ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
  ],
  [
    'the 29th of February, every leap year',
    repeat('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', '2024-02-29T03:00Z'),
    '2024-03-01T00:00Z',
    '2031-01-01T00:00Z',
    ['2028-02-29T03:00Z', '2032-02-29T03:00Z'],
  ],
  [
    'over the century without a leap year',
    repeat('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', '2096-02-29T03:00Z'),
    '2096-03-01T00:00Z',
    '2096-03-02T00:00Z',
    ['2104-02-29T03:00Z'],
  ],
  [
    'the 31st skips months that have none',
    repeat('FREQ=MONTHLY;BYMONTHDAY=31', '2026-01-31T10:00Z'),
    '2026-02-01T00:00Z',
    '2026-05-01T00:00Z',
    ['2026-03-31T10:00Z', '2026-05-31T10:00Z'],
  ],
  [
    'the last Friday of a month',
    repeat('FREQ=MONTHLY;BYDAY=-1FR', '2026-01-30T22:00Z'),
    '2026-01-31T00:00Z',
    '2026-03-01T00:00Z',
    ['2026-02-27T22:00Z', '2026-03-27T22:00Z'],
  ],
  [
    'COUNT counts from the first window, whatever is asked for',
    repeat('FREQ=DAILY;COUNT=3', '2026-01-01T00:00Z'),
    '2026-01-01T12:00Z',
    '2026-02-01T00:00Z',
    ['2026-01-02T00:00Z', '2026-01-03T00:00Z'],
  ],
  [
    'UNTIL takes its moment in',
    repeat('FREQ=DAILY;UNTIL=20260103T000000Z', '2026-01-01T00:00Z'),
    '2026-01-01T12:00Z',
    '2026-02-01T00:00Z',
    ['2026-01-02T00:00Z', '2026-01-03T00:00Z'],
  ],
  [
    'UNTIL as a day takes the day in, by the zone',
    repeat('FREQ=DAILY;UNTIL=20260103', '2026-01-01T07:00Z', { zone: 'America/Los_Angeles' }),
    '2026-01-01T00:00Z',
    '2026-02-01T00:00Z',
    // 07:00Z is 23:00 of the day before in Los Angeles.
    ['2026-01-01T07:00Z', '2026-01-02T07:00Z', '2026-01-03T07:00Z', '2026-01-04T07:00Z'],
  ],
  [
    'the end of the schedule itself',
    repeat('FREQ=DAILY', '2026-01-01T00:00Z', { until: at('2026-01-02T00:00Z') }),
    '2026-01-01T12:00Z',
    '2026-02-01T00:00Z',
    ['2026-01-02T00:00Z'],
  ],
  [
    'every other week, counted from its first',
    repeat('FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE', '2020-01-06T05:00Z'),
    '2026-01-01T00:00Z',
    '2026-01-20T00:00Z',
    ['2026-01-12T05:00Z', '2026-01-14T05:00Z', '2026-01-26T05:00Z'],
  ],
  [
    'every third day, counted from its first',
    repeat('FREQ=DAILY;INTERVAL=3', '2020-01-01T05:00Z'),
    '2026-01-01T00:00Z',
    '2026-01-06T00:00Z',
    ['2026-01-02T05:00Z', '2026-01-05T05:00Z', '2026-01-08T05:00Z'],
  ],
  [
    'dates that are left out, by the clocks of the zone and as an instant',
    repeat('FREQ=DAILY\nEXDATE:20260102T020000,20260103T010000Z', '2026-01-01T01:00Z', { zone: 'Europe/Berlin' }),
    '2026-01-01T12:00Z',
    '2026-01-03T12:00Z',
    ['2026-01-04T01:00Z'],
  ],
  [
    'twice a day',
    repeat('FREQ=DAILY;BYHOUR=3,15;BYMINUTE=30', '2026-01-01T00:00Z'),
    '2026-01-01T00:00Z',
    '2026-01-01T20:00Z',
    ['2026-01-01T03:30Z', '2026-01-01T15:30Z', '2026-01-02T03:30Z'],
  ],
])('[MT2] %s', (_name, schedule, after, until, expected) => {
  expect(starts(schedule, after, until)).toEqual(expected);
});

test('[MT2] an instant is in its window from the start on, and no more at the end', () => {
  const daily = repeat('FREQ=DAILY', '2026-01-01T00:00Z');
  const window = { from: at('2026-01-05T00:00Z'), to: at('2026-01-05T01:00Z') };
  expect(windowAt(daily, window.from)).toEqual(window);
  expect(windowAt(daily, window.to - 1)).toEqual(window);
  expect(windowAt(daily, window.to)).toEqual({ from: window.from + DAY, to: window.to + DAY });
  expect(windowAt(daily, at('2025-06-01T00:00Z'))).toEqual({
    from: at('2026-01-01T00:00Z'),
    to: at('2026-01-01T01:00Z'),
  });
});

test('[MT2] of windows that overlap the one that began last is the present one', () => {
  const long = repeat('FREQ=DAILY', '2026-01-01T00:00Z', { durationMs: 30 * HOUR });
  expect(windowAt(long, at('2026-01-03T02:00Z'))?.from).toBe(at('2026-01-03T00:00Z'));
  expect(windowAt(long, at('2026-01-03T02:00Z'))?.to).toBe(at('2026-01-04T06:00Z'));
});

test.each([
  'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
  'FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4',
  'FREQ=YEARLY;BYYEARDAY=366;BYMONTH=6',
  'FREQ=DAILY;INTERVAL=1000;BYMONTHDAY=31;BYMONTH=2;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23',
])('[MT3] %s never comes and is refused, in bounded work', (rrule) => {
  const read = readSchedule(
    { kind: 'repeat', rrule, durationMs: HOUR, from: at('2000-01-01T00:00Z') },
    at('2026-01-01T00:00Z'),
  );
  expect(read.ok ? '' : read.message).toMatch(/no window from now on/);
});

test('[MT3] what is over is refused', () => {
  const now = at('2026-06-01T00:00Z');
  for (const rrule of ['FREQ=DAILY;COUNT=3', 'FREQ=DAILY;UNTIL=20260201']) {
    const read = readSchedule({ kind: 'repeat', rrule, durationMs: HOUR, from: at('2026-01-01T00:00Z') }, now);
    expect(read.ok ? '' : read.message).toMatch(/no window from now on/);
  }
});

test.each<[ScheduleInput, MaintenanceSchedule]>([
  [
    { kind: 'once', durationMs: 1_800_000 },
    { kind: 'once', from: at('2026-01-01T10:00:30Z'), to: at('2026-01-01T10:30:30Z') },
  ],
  [
    { kind: 'once', from: at('2026-02-01T00:00Z'), to: at('2026-02-01T01:00Z') },
    { kind: 'once', from: at('2026-02-01T00:00Z'), to: at('2026-02-01T01:00Z') },
  ],
  [
    {
      kind: 'repeat',
      rrule:
        'DTSTART;TZID=Europe/Berlin:20260104T020000\nDURATION:PT90M\nRRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20260111T020000',
    },
    {
      kind: 'repeat',
      rrule: 'FREQ=WEEKLY\nEXDATE:20260111T020000',
      durationMs: 5_400_000,
      zone: 'Europe/Berlin',
      from: at('2026-01-04T01:00Z'),
      until: null,
    },
  ],
  [
    { kind: 'repeat', rrule: 'FREQ=DAILY', durationMs: HOUR },
    {
      kind: 'repeat',
      rrule: 'FREQ=DAILY',
      durationMs: HOUR,
      zone: 'UTC',
      from: at('2026-01-01T10:01Z'),
      until: null,
    },
  ],
])('[MT1] %j is read as what it means now', (input, schedule) => {
  expect(readSchedule(input, at('2026-01-01T10:00:30Z'))).toEqual({ ok: true, value: schedule });
});

test('[MT1] an end that lies before now needs a start', () => {
  const read = readSchedule({ kind: 'once', to: at('2025-01-01T00:00Z') }, at('2026-01-01T00:00Z'));
  expect(read.ok ? '' : read.message).toMatch(/expected a time after/);
});

test('[MT1] a window from now on lasts at most 90 days too', () => {
  const now = at('2026-01-01T00:00Z');
  expect(readSchedule({ kind: 'once', to: now + 90 * DAY }, now)).toMatchObject({ ok: true });
  expect(readSchedule({ kind: 'once', to: now + 90 * DAY + 1 }, now)).toMatchObject({ ok: false, code: 'bad_field' });
});
