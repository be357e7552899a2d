import { expect, test } from 'vitest';
import { readInboxSearch } from './search.ts';
import { isUnder, tomorrow } from './shown.ts';

test.each([
  ['unread', null, ['unread', 'all']],
  ['unread', 5, ['snoozed']],
  ['read', null, ['all']],
  ['archived', null, ['archived']],
] as const)('%s, snoozed until %s: under %j', (state, snoozedUntil, expected) => {
  const tabs = (['unread', 'all', 'archived', 'snoozed'] as const).filter((tab) =>
    isUnder(tab, { state, snoozedUntil }),
  );
  expect(tabs).toEqual(expected);
});

test('the URL is read with what is understood, and the rest left out', () => {
  expect(readInboxSearch({ tab: 'archived', type: 'alert', priority: 'urgent' })).toEqual({
    tab: 'archived',
    type: 'alert',
    priority: 'urgent',
  });
  expect(readInboxSearch({ tab: 'unread', type: 'nonsense', priority: 3 })).toEqual({});
});

test('tomorrow is nine in the morning of the next day, whatever the hour', () => {
  for (const hour of [0, 8, 23]) {
    const at = new Date(tomorrow(new Date(2026, 11, 31, hour, 30).getTime()));
    expect([at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes()]).toEqual([2027, 0, 1, 9, 0]);
  }
});
