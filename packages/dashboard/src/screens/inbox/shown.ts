import type { Notification } from '@statewire/model';
import { ownZone } from '../../lib/dated.ts';
import { dayAfter, momentOf, wallOf } from '../../lib/wall.ts';
import type { InboxSearch, InboxTab } from './search.ts';

/** Does it belong under the tab? What is snoozed is in its own until it is back, what is archived too. */
export function isUnder(tab: InboxTab, { state, snoozedUntil }: Pick<Notification, 'state' | 'snoozedUntil'>): boolean {
  switch (tab) {
    case 'archived':
      return state === 'archived';
    case 'snoozed':
      return state !== 'archived' && snoozedUntil !== null;
    case 'unread':
      return state === 'unread' && snoozedUntil === null;
    default:
      return state !== 'archived' && snoozedUntil === null;
  }
}

/** What the page lists: newest first; what is snoozed by when it is back. */
export function shown(rows: readonly Notification[], { tab = 'unread', type, priority }: InboxSearch): Notification[] {
  return rows
    .filter((row) => isUnder(tab, row))
    .filter((row) => type === undefined || row.type === type)
    .filter((row) => priority === undefined || row.priority === priority)
    .sort(
      tab === 'snoozed' ? (a, b) => (a.snoozedUntil ?? 0) - (b.snoozedUntil ?? 0) || (a.id < b.id ? -1 : 1) : byNewest,
    );
}

/** Newest first. */
export function byNewest(a: Notification, b: Notification): number {
  return b.lastAt - a.lastAt || (a.id < b.id ? -1 : 1);
}

/** Nine in the morning of the reader's next day. */
export function tomorrow(now: number): number {
  const zone = ownZone();
  return momentOf(`${dayAfter(wallOf(now, zone))}T09:00`, zone) ?? now;
}
