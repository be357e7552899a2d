import type { Notification } from '@statewire/model';
import { expect, test } from 'vitest';
import { Arrivals, type Said } from './arrivals.ts';

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

const look = (arrivals: Arrivals, unread: readonly Notification[], now: number, isSeen = true): Said =>
  arrivals.look(unread, { now, isSeen });

const ids = (rows: readonly Notification[]): string[] => rows.map(({ id }) => id);

test('[UI40] what was there at the first look is not new; what comes later is, once', () => {
  const arrivals = new Arrivals();
  expect(look(arrivals, [item('old')], NOW)).toEqual({ toasts: [], more: 0, tone: null });
  const both = [item('old'), item('new', { lastAt: NOW + 1, sound: true })];
  expect(ids(look(arrivals, both, NOW + 1).toasts)).toEqual(['new']);
  expect(look(arrivals, both, NOW + 2)).toEqual({ toasts: [], more: 0, tone: null });
});

test('[UI40] a repeat of what is there is new again; what the person marks unread is not', () => {
  const arrivals = new Arrivals();
  look(arrivals, [item('a')], NOW);
  expect(ids(look(arrivals, [item('a', { lastAt: NOW + 5, count: 2 })], NOW + 5).toasts)).toEqual(['a']);
  look(arrivals, [], NOW + 6);
  expect(look(arrivals, [item('a', { lastAt: NOW + 5 })], NOW + 7).toasts).toEqual([]);
  expect(look(arrivals, [item('read-long-ago', { lastAt: NOW - 3_600_000 })], NOW + 8).toasts).toEqual([]);
});

test('[UI40] what was snoozed is new when it is back by itself, not when the person takes it back', () => {
  const arrivals = new Arrivals();
  const snoozed = item('a', { snoozedUntil: NOW + 60_000 });
  look(arrivals, [snoozed], NOW);
  expect(look(arrivals, [item('a')], NOW + 10_000).toasts).toEqual([]);
  look(arrivals, [snoozed], NOW + 20_000);
  expect(ids(look(arrivals, [item('a')], NOW + 60_000).toasts)).toEqual(['a']);
});

test('[UI40] a flood is three toasts, the most pressing ones, and a number that grows until it ends', () => {
  const arrivals = new Arrivals();
  look(arrivals, [], NOW);
  const flood = Array.from({ length: 40 }, (_, i) =>
    item(`n${i}`, { lastAt: NOW + 1 + i, priority: i === 7 ? 'urgent' : 'normal' }),
  );
  const first = look(arrivals, flood, NOW + 100);
  expect(ids(first.toasts)).toEqual(['n7', 'n39', 'n38']);
  expect(first.more).toBe(37);
  const next = look(arrivals, [...flood, item('n40', { lastAt: NOW + 200 })], NOW + 200);
  expect(next).toMatchObject({ toasts: [], more: 38 });
  const later = look(arrivals, [...flood, item('n41', { lastAt: NOW + 20_000 })], NOW + 20_000);
  expect(ids(later.toasts)).toEqual(['n41']);
  expect(later.more).toBe(0);
});

test('[UI40] what is low waits in the inbox without a toast, and is heard when the person wants that', () => {
  const arrivals = new Arrivals();
  look(arrivals, [], NOW);
  const low = item('low', { priority: 'low', lastAt: NOW + 1, sound: true });
  expect(look(arrivals, [low], NOW + 1)).toEqual({ toasts: [], more: 0, tone: 'plain' });
});

test('[UI40] where nobody looks nothing is shown nor counted, and the tone is heard', () => {
  const arrivals = new Arrivals();
  look(arrivals, [], NOW, false);
  const flood = Array.from({ length: 9 }, (_, i) => item(`n${i}`, { lastAt: NOW + 1, sound: i === 0 }));
  expect(look(arrivals, flood, NOW + 1, false)).toEqual({ toasts: [], more: 0, tone: 'plain' });
  // Looked at again: what came meanwhile stands on the bell, and what comes now has all the room.
  const later = [...flood, item('now', { lastAt: NOW + 2 })];
  expect(look(arrivals, later, NOW + 2)).toMatchObject({ toasts: [{ id: 'now' }], more: 0 });
});

test('[UI40] a flood is heard three times in ten seconds, and again after that', () => {
  const arrivals = new Arrivals();
  look(arrivals, [], NOW);
  const rows: Notification[] = [];
  const heard = Array.from({ length: 12 }, (_, i) => {
    const now = NOW + (i + 1) * 1_000;
    rows.push(item(`n${i}`, { lastAt: now, sound: true, priority: i === 1 ? 'urgent' : 'low' }));
    return look(arrivals, rows, now).tone;
  });
  expect(heard).toEqual(['plain', 'urgent', 'plain', ...Array.from({ length: 7 }, () => null), 'plain', 'plain']);
});

test('[UI40] a clock that is set back silences nobody', () => {
  const arrivals = new Arrivals();
  look(arrivals, [], NOW);
  const flood = Array.from({ length: 9 }, (_, i) => item(`n${i}`, { lastAt: NOW + 1 }));
  look(arrivals, flood, NOW + 1);
  const back = NOW - 3_600_000;
  expect(look(arrivals, [...flood, item('n', { lastAt: NOW + 2 })], back).toasts).toHaveLength(1);
});
