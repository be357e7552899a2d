import { expect, test } from 'vitest';
import { dayAfter, momentOf, wallOf } from './wall.ts';

const at = (text: string): number => Date.parse(text);

test.each([
  ['2026-11-29T14:05', 'UTC', '2026-11-29T14:05Z'],
  ['2026-11-29T14:05', 'Asia/Tokyo', '2026-11-29T05:05Z'],
  ['2026-07-01T00:30', 'America/New_York', '2026-07-01T04:30Z'],
  ['2026-01-01T00:15', 'Asia/Kathmandu', '2025-12-31T18:30Z'],
  // The clocks go forward at two: half past two is read as half past three. Back at three: the first of both.
  ['2026-03-29T01:59', 'Europe/Berlin', '2026-03-29T00:59Z'],
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30Z'],
  ['2026-03-29T03:00', 'Europe/Berlin', '2026-03-29T01:00Z'],
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30Z'],
  ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00Z'],
])('%s in %s is %s', (wall, zone, utc) => {
  expect(momentOf(wall, zone)).toBe(at(utc));
});

test('each quarter of an hour of a year is found again, but for the hour that comes twice', () => {
  for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'UTC']) {
    let twice = 0;
    for (let t = at('2026-01-01T00:00Z'); t < at('2027-01-01T00:00Z'); t += 15 * 60_000) {
      const back = momentOf(wallOf(t, zone), zone);
      if (back === t) continue;
      expect(wallOf(back ?? 0, zone)).toBe(wallOf(t, zone));
      twice += 1;
    }
    expect(twice, zone).toBeLessThanOrEqual(4);
  }
});

test('a year that is still being typed is kept as it is typed', () => {
  for (const wall of ['0002-12-01T10:00', '0020-12-01T10:00', '0202-12-01T10:00'])
    for (const zone of ['UTC', 'Asia/Tokyo']) expect(wallOf(momentOf(wall, zone) ?? 0, zone)).toBe(wall);
});

test('what is no date is none', () => {
  for (const text of ['', 'soon', '2026-13-01T00:00', '2026-11-29']) expect(momentOf(text, 'UTC')).toBe(null);
});

test('the day after is a day of the calendar', () => {
  expect(dayAfter('2026-12-31')).toBe('2027-01-01');
  expect(dayAfter('2026-03-28T23:59', 2)).toBe('2026-03-30');
  expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28');
});
