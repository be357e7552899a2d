import type { Notification } from '@statewire/model';
import { expect, test } from 'vitest';
import { Arrivals } from './arrivals.ts';

const NOW = 1_800_000_000_000;

function item(id: string, fields: Partial<Notification> = {}): Notification {
  return {
    id,
    org: 'main',
    version: 1,
    createdAt: NOW,
    updatedAt: NOW,
    observedAt: NOW,
    labels: {},
    source: null,
    person: 'usr_ada',
    type: 'alert',
    priority: 'normal',
    title: id,
    text: '',
    refs: [],
    path: '',
    state: 'unread',
    snoozedUntil: null,
    count: 1,
    lastAt: NOW,
    readAt: null,
    archivedAt: null,
    sound: false,
    thread: id,
    nextAt: null,
    ...fields,
  };
}

const ids = (rows: readonly Notification[]): string[] => rows.map(({ id }) => id);

test('what was there at the first look is not new; what comes later is, once', () => {
  const arrivals = new Arrivals();
  expect(arrivals.look([item('old')], NOW)).toEqual({ items: [], more: 0, isLoud: false });
  const both = [item('old'), item('new', { lastAt: NOW + 1, sound: true })];
  expect(ids(arrivals.look(both, NOW + 1).items)).toEqual(['new']);
  expect(arrivals.look(both, NOW + 2)).toEqual({ items: [], more: 0, isLoud: false });
});

test('a repeat of what is there is new again; what the person marks unread is not', () => {
  const arrivals = new Arrivals();
  arrivals.look([item('a')], NOW);
  expect(ids(arrivals.look([item('a', { lastAt: NOW + 5, count: 2 })], NOW + 5).items)).toEqual(['a']);
  arrivals.look([], NOW + 6);
  expect(arrivals.look([item('a', { lastAt: NOW + 5 })], NOW + 7).items).toEqual([]);
  expect(arrivals.look([item('read-long-ago', { lastAt: NOW - 3_600_000 })], NOW + 8).items).toEqual([]);
});

test('what was snoozed is new when it is back by itself, not when the person takes it back', () => {
  const arrivals = new Arrivals();
  const snoozed = item('a', { snoozedUntil: NOW + 60_000 });
  arrivals.look([snoozed], NOW);
  expect(arrivals.look([item('a')], NOW + 10_000).items).toEqual([]);
  arrivals.look([snoozed], NOW + 20_000);
  expect(ids(arrivals.look([item('a')], NOW + 60_000).items)).toEqual(['a']);
});

test('a flood is three toasts, the most pressing ones, and a number that grows until it ends', () => {
  const arrivals = new Arrivals();
  arrivals.look([], NOW);
  const flood = Array.from({ length: 40 }, (_, i) =>
    item(`n${i}`, { lastAt: NOW + 1 + i, priority: i === 7 ? 'urgent' : 'normal' }),
  );
  const first = arrivals.look(flood, NOW + 100);
  expect(ids(first.items)).toEqual(['n7', 'n39', 'n38']);
  expect(first.more).toBe(37);
  const next = arrivals.look([...flood, item('n40', { lastAt: NOW + 200 })], NOW + 200);
  expect(next).toMatchObject({ items: [], more: 38 });
  const later = arrivals.look([...flood, item('n41', { lastAt: NOW + 20_000 })], NOW + 20_000);
  expect(ids(later.items)).toEqual(['n41']);
  expect(later.more).toBe(0);
});

test('what is low waits in the inbox without a toast, and is heard when the person wants that', () => {
  const arrivals = new Arrivals();
  arrivals.look([], NOW);
  const low = item('low', { priority: 'low', lastAt: NOW + 1, sound: true });
  expect(arrivals.look([low], NOW + 1)).toEqual({ items: [], more: 0, isLoud: true });
});
