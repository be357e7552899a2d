import type { QuietHours } from '@statewire/model';
import { expect, test } from 'vitest';
import { nextDigestAt, quietUntil } from './quiet.ts';
import { localAt, nextLocal } from './zone.ts';

const at = (text: string): number => Date.parse(text);
const night: QuietHours = {
  days: [1, 2, 3, 4, 5],
  from: '22:00',
  to: '07:00',
  zone: 'Europe/Berlin',
  bypass: ['critical'],
};
const lunch: QuietHours = { days: [1], from: '12:00', to: '13:00', zone: 'UTC', bypass: [] };

// 2026-01-05 is a Monday; Berlin is one hour ahead of UTC in winter, two in summer.
test.each([
  ['before it begins', '2026-01-05T20:59:00Z', null],
  ['at its beginning', '2026-01-05T21:00:00Z', '2026-01-06T06:00:00Z'],
  ['after midnight', '2026-01-06T03:00:00Z', '2026-01-06T06:00:00Z'],
  ['at its end', '2026-01-06T06:00:00Z', null],
  ['the night that began on Friday', '2026-01-10T03:00:00Z', '2026-01-10T06:00:00Z'],
  ['a night that begins on Saturday', '2026-01-10T22:00:00Z', null],
  ['in summer', '2026-07-06T20:30:00Z', '2026-07-07T05:00:00Z'],
  ['the night in which clocks go forward', '2026-03-30T00:30:00Z', null],
  ['the night of Friday before it', '2026-03-27T22:30:00Z', '2026-03-28T06:00:00Z'],
])('[AL10] quiet hours: %s', (_, now, until) => {
  expect(quietUntil([night], 'warning', at(now))).toBe(until === null ? null : at(until));
  expect(quietUntil([night], 'critical', at(now))).toBeNull();
});

test('[AL10] several hours hold until the last of them ends', () => {
  const now = at('2026-01-05T12:30:00Z');
  expect(quietUntil([lunch], 'critical', now)).toBe(at('2026-01-05T13:00:00Z'));
  expect(quietUntil([lunch, { ...lunch, to: '14:00' }], 'info', now)).toBe(at('2026-01-05T14:00:00Z'));
});

test('[AL10] a time of day stays that time of day when clocks are set', () => {
  // The night to 2026-03-29 has one hour less, the night to 2026-10-25 one more.
  expect(nextLocal(at('2026-03-28T10:00:00Z'), 'Europe/Berlin', 9 * 60)).toBe(at('2026-03-29T07:00:00Z'));
  expect(nextLocal(at('2026-10-24T10:00:00Z'), 'Europe/Berlin', 9 * 60)).toBe(at('2026-10-25T08:00:00Z'));
  expect(localAt(at('2026-01-01T23:30:00Z'), 'Asia/Kolkata')).toEqual({ weekday: 5, minutes: 300 });
});

test('[AL10] a digest is due at its next local time, never now', () => {
  const daily = { every: 'day', at: '09:00', weekday: 1, zone: 'Europe/Berlin', channels: ['mail'] } as const;
  expect(nextDigestAt(daily, at('2026-01-05T07:59:00Z'))).toBe(at('2026-01-05T08:00:00Z'));
  expect(nextDigestAt(daily, at('2026-01-05T08:00:00Z'))).toBe(at('2026-01-06T08:00:00Z'));
  const weekly = { ...daily, every: 'week' } as const;
  expect(nextDigestAt(weekly, at('2026-01-05T08:00:00Z'))).toBe(at('2026-01-12T08:00:00Z'));
  expect(nextDigestAt({ ...weekly, weekday: 3 }, at('2026-01-05T08:00:00Z'))).toBe(at('2026-01-07T08:00:00Z'));
});
