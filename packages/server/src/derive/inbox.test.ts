import {
  preferenceDefaults,
  type Notification,
  type NotificationType,
  type PersonalQuiet,
  type Preferences,
  type Priority,
} from '@statewire/model';
import { expect, test } from 'vitest';
import { isRepeat, MERGE_MS, quietEnd, summarized, surplus, throttled, ways } from './inbox.ts';

const at = (text: string): number => Date.parse(text);
const night: PersonalQuiet = {
  days: [0, 1, 2, 3, 4, 5, 6],
  from: '22:00',
  to: '07:00',
  zone: 'Europe/Berlin',
  bypassUrgent: true,
};

test.each<[string, { readonly [K in 'days' | 'from' | 'to' | 'zone']?: PersonalQuiet[K] }, string | null]>([
  ['2026-06-10T19:59:00Z', {}, null],
  ['2026-06-10T20:00:00Z', {}, '2026-06-11T05:00:00Z'],
  ['2026-06-11T04:59:59Z', {}, '2026-06-11T05:00:00Z'],
  ['2026-06-11T05:00:00Z', {}, null],
  // Winter: an hour later by UTC.
  ['2026-12-10T20:30:00Z', {}, null],
  ['2026-12-10T21:00:00Z', {}, '2026-12-11T06:00:00Z'],
  // Only Friday nights: the hours after midnight are Friday's.
  ['2026-06-12T22:30:00Z', { days: [5] }, '2026-06-13T05:00:00Z'],
  ['2026-06-13T22:30:00Z', { days: [5] }, null],
  // Over both changes of the clocks the end is 07:00 on the wall.
  ['2026-03-28T22:00:00Z', {}, '2026-03-29T05:00:00Z'],
  ['2026-10-24T21:00:00Z', {}, '2026-10-25T06:00:00Z'],
  // Within one day.
  ['2026-06-10T11:00:00Z', { from: '12:00', to: '14:00' }, '2026-06-10T12:00:00Z'],
  ['2026-06-10T12:00:00Z', { from: '12:00', to: '14:00' }, null],
  ['2026-06-10T03:00:00Z', { zone: 'America/New_York' }, '2026-06-10T11:00:00Z'],
])('[IB3] at %s with %j it is quiet until %s', (now, more, until) => {
  expect(quietEnd({ ...night, ...more }, at(now))).toBe(until === null ? null : at(until));
});

const NOON = at('2026-06-10T10:00:00Z');
const NIGHT = at('2026-06-10T23:00:00Z');
const shown = (how: ReturnType<typeof ways>): string =>
  [
    how.inbox && 'inbox',
    how.sound && 'sound',
    how.push && 'push',
    how.email && 'email',
    how.heldUntil !== null && 'held',
  ]
    .filter(Boolean)
    .join(' ');

function prefs(
  type: NotificationType,
  more: object,
  quiet: PersonalQuiet | null = null,
): Pick<Preferences, 'quiet' | 'types'> {
  return { types: { ...preferenceDefaults.types, [type]: { ...preferenceDefaults.types[type], ...more } }, quiet };
}

test.each<[NotificationType, Priority, Pick<Preferences, 'quiet' | 'types'> | null, number, string]>([
  ['alert', 'urgent', null, NOON, 'inbox sound push'],
  ['alert', 'normal', null, NIGHT, 'inbox sound push'],
  ['alert', 'low', null, NOON, ''],
  ['recovery', 'normal', null, NOON, 'inbox push'],
  ['maintenance', 'low', null, NOON, ''],
  ['job', 'low', null, NOON, 'inbox'],
  ['message', 'low', null, NOON, 'inbox sound push'],
  ['alert', 'high', prefs('alert', { minPriority: 'urgent' }), NOON, ''],
  ['alert', 'urgent', prefs('alert', { minPriority: 'urgent', email: true }), NOON, 'inbox sound push email'],
  ['alert', 'high', prefs('alert', { inbox: false }), NOON, 'push'],
  ['alert', 'high', prefs('alert', { push: false, sound: false }), NOON, 'inbox'],
  // Quiet: the inbox fills all the same; a push waits, sound and mail do not come.
  ['alert', 'high', prefs('alert', { email: true }, night), NIGHT, 'inbox held'],
  ['alert', 'urgent', prefs('alert', {}, night), NIGHT, 'inbox sound push'],
  ['alert', 'urgent', prefs('alert', {}, { ...night, bypassUrgent: false }), NIGHT, 'inbox held'],
  ['job', 'high', prefs('job', {}, night), NIGHT, 'inbox'],
  ['alert', 'high', prefs('alert', {}, night), NOON, 'inbox sound push'],
])('[IB3] %s of priority %s for %j at %i goes by: %s', (type, priority, preferences, now, expected) => {
  expect(shown(ways(preferences, { type, priority }, now))).toBe(expected);
});

const item = { type: 'alert' as const, thread: 't', state: 'read' as const, lastAt: 1_000 };

test.each<[object, object, number, boolean]>([
  [{}, {}, MERGE_MS, true],
  [{}, {}, MERGE_MS + 1, false],
  [{ state: 'archived' }, {}, 0, false],
  [{ state: 'unread' }, {}, 0, true],
  [{}, { thread: 'u' }, 0, false],
  [{}, { type: 'recovery' }, 0, false],
])('[IB4] an item %j and what comes %j after %i ms are one: %s', (was, is, ms, same) => {
  expect(isRepeat({ ...item, ...was }, { type: 'alert', thread: 't', ...is }, 1_000 + ms)).toBe(same);
});

test('[IB4] an hour takes so many; the next one begins after it, also when the clock was set back', () => {
  let hour = { from: 0, n: 0 };
  const over: boolean[] = [];
  for (let n = 0; n < 4; n++) {
    const next = throttled(hour, 3, 5_000_000 + n);
    hour = next.hour;
    over.push(next.isOver);
  }
  expect(over).toEqual([false, false, false, true]);
  expect(throttled(hour, 3, 5_000_000 + 3_600_000)).toMatchObject({ isOver: false, hour: { n: 1 } });
  expect(throttled(hour, 3, 4_000_000)).toMatchObject({ isOver: false, hour: { from: 4_000_000, n: 1 } });
});

test('[IB4] the summary counts all, keeps the newest word of each and the highest priority', () => {
  let sum: Pick<Notification, 'count' | 'priority' | 'refs' | 'text' | 'title'> | null = null;
  for (let n = 0; n < 30; n++) {
    sum = summarized(sum, {
      title: `Thing ${n % 25}`,
      priority: n === 3 ? 'urgent' : 'low',
      refs: [`services/${n % 25}`],
    });
  }
  expect(sum).toMatchObject({ count: 30, priority: 'urgent', title: '30 more notifications in this hour' });
  const lines = (sum?.text ?? '').split('\n');
  expect(lines).toHaveLength(20);
  expect(lines[0]).toBe('Thing 4');
  expect(new Set(lines).size).toBe(20);
  expect(sum?.refs[0]).toBe('services/4');
});

test('[IB5] of too many items those put away go first, then those read, then the oldest', () => {
  const items = [
    { id: 'old', state: 'unread' as const, lastAt: 1 },
    { id: 'archived', state: 'archived' as const, lastAt: 9 },
    { id: 'read', state: 'read' as const, lastAt: 8 },
    { id: 'new', state: 'unread' as const, lastAt: 7 },
  ];
  expect(surplus(items, 4)).toEqual([]);
  expect(surplus(items, 1).map(({ id }) => id)).toEqual(['archived', 'read', 'old']);
});
