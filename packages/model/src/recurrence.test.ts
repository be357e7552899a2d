import { expect, test } from 'vitest';
import { isZone, parseRecurrence, recurrenceText } from './recurrence.ts';

test('a rule is read with or without its name', () => {
  const bare = parseRecurrence('FREQ=WEEKLY;BYDAY=SU,MO;INTERVAL=2;BYHOUR=2;BYMINUTE=30');
  expect(parseRecurrence('rrule:freq=weekly;byday=su,mo;interval=2;byhour=2;byminute=30')).toEqual(bare);
  expect(bare).toMatchObject({
    ok: true,
    value: {
      freq: 'WEEKLY',
      interval: 2,
      byDay: [
        { day: 6, nth: null },
        { day: 0, nth: null },
      ],
      byHour: [2],
      byMinute: [30],
    },
  });
});

test('what a calendar gives is read: start, zone, length, dates left out, folded lines', () => {
  const text = [
    'BEGIN:VEVENT',
    'SUMMARY:Patch day',
    'DTSTART;TZID=Europe/Berlin:20260104T020000',
    'DTEND;TZID=Europe/Berlin:20260104T043000',
    'RRULE:FREQ=MONTHLY;BYDAY=1SU;',
    ' COUNT=12',
    'EXDATE;TZID=Europe/Berlin:20260201T020000,20260301T020000',
    'END:VEVENT',
  ].join('\r\n');
  expect(parseRecurrence(text)).toMatchObject({
    ok: true,
    value: {
      count: 12,
      byDay: [{ day: 6, nth: 1 }],
      start: { ms: Date.UTC(2026, 0, 4, 2), isInstant: false },
      zone: 'Europe/Berlin',
      durationMs: 9_000_000,
      excluded: [
        { ms: Date.UTC(2026, 1, 1, 2), isInstant: false },
        { ms: Date.UTC(2026, 2, 1, 2), isInstant: false },
      ],
    },
  });
  expect(recurrenceText(text)).toBe('FREQ=MONTHLY;BYDAY=1SU;COUNT=12\nEXDATE:20260201T020000,20260301T020000');
  expect(parseRecurrence(recurrenceText(text)).ok).toBe(true);
});

test('a length is read as a duration; an end that is a day takes the day in', () => {
  expect(parseRecurrence('DURATION:P1DT2H\nRRULE:FREQ=DAILY')).toMatchObject({ value: { durationMs: 93_600_000 } });
  expect(parseRecurrence('FREQ=DAILY;UNTIL=20260131')).toMatchObject({
    value: { until: { ms: Date.UTC(2026, 1, 1) - 1, isInstant: false } },
  });
});

test.each([
  ['', /expected a rule such as FREQ=WEEKLY/],
  ['every sunday', /expected NAME=VALUE/],
  ['FREQ=SOMETIMES', /expected DAILY, WEEKLY, MONTHLY or YEARLY/],
  ['FREQ=SECONDLY', /name the times of the day with BYHOUR/],
  ['BYDAY=MO', /FREQ="".*expected DAILY/],
  ['FREQ=DAILY;FREQ=DAILY', /FREQ twice/],
  ['FREQ=DAILY;COLOR=RED', /"COLOR", expected one of FREQ/],
  ['FREQ=DAILY;INTERVAL=0', /INTERVAL="0", expected a whole number from 1/],
  ['FREQ=DAILY;COUNT=5;UNTIL=20260101', /COUNT and UNTIL/],
  ['FREQ=DAILY;BYHOUR=24', /BYHOUR="24"/],
  ['FREQ=DAILY;BYSECOND=5', /whole minutes/],
  ['FREQ=WEEKLY;BYDAY=2MO', /numbered BYDAY/],
  ['FREQ=MONTHLY;BYDAY=XX', /"XX", expected a weekday/],
  ['FREQ=MONTHLY;BYMONTHDAY=0', /BYMONTHDAY=0/],
  ['FREQ=DAILY;UNTIL=20260230', /a time that exists/],
  ['FREQ=DAILY\nRRULE:FREQ=DAILY', /two RRULE/],
  ['RRULE:FREQ=DAILY\nRDATE:20260101T000000', /RDATE/],
  ['DTSTART;TZID=Mars/Olympus:20260101T000000\nRRULE:FREQ=DAILY', /"Mars\/Olympus", expected a time zone/],
  ['DTSTART:20260101T020000\nDTEND:20260101T010000\nRRULE:FREQ=DAILY', /end before the start/],
  [`FREQ=DAILY;BYHOUR=${Array.from({ length: 24 }, (_, h) => h).join(',')};BYMINUTE=0,5,10,15,20`, /120 windows a day/],
  ['x'.repeat(5000), /found 5000 characters/],
  [
    `RRULE:FREQ=DAILY\nEXDATE:${Array.from({ length: 400 }, () => '20260101T000000').join(',')}`.slice(0, 8000),
    /characters/,
  ],
])('%s is refused with what was found and expected', (text, message) => {
  const read = parseRecurrence(text);
  expect(read.ok ? '' : read.message).toMatch(message);
});

test('a zone is known by its name', () => {
  expect(['UTC', 'Europe/Berlin', 'America/St_Johns'].map(isZone)).toEqual([true, true, true]);
  expect(['', 'Mars/Olympus', '+01:00', 'x'.repeat(300)].map(isZone)).toEqual([false, false, false, false]);
});
