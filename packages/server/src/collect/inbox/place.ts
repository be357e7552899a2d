/**
 * The one way in which a notification is written or taken away: its person's counters move in the same transaction, so
 * a badge never disagrees with the list.
 */
import { NOTIFICATION_TYPES, type Inbox, type Notification, type NotificationType } from '@statewire/model';
import type { Draft } from '../../keep/commit-types.ts';
import { limits } from '../../lib/limits.ts';
import { personKey } from '../../lib/person.ts';

/** Writes a notification, or with null takes it away. */
export function place(draft: Draft, id: string, next: Notification | null): void {
  const before = notificationIn(draft, id);
  const person = next?.person ?? before?.person;
  if (person === undefined) return;
  if (next === null) draft.delete('notifications', id);
  else draft.put('notifications', id, { ...next, nextAt: nextOf(next) });
  count(draft, person, before, next);
}

/** The notification of this id, or null. */
export function notificationIn(draft: Pick<Draft, 'get'>, id: string): Notification | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `notifications` are Notification.
  return draft.get('notifications', id) as Notification | null;
}

/** A person's inbox as it is, or as it is before anything came. */
export function inboxIn(draft: Draft, person: string): Inbox {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `inboxes` are Inbox.
  const known = draft.get('inboxes', personKey(person)) as Inbox | null;
  return known ?? emptyInbox(draft, person);
}

/** The counters of these notifications of one person. */
export function counted(notifications: Iterable<Counted>): Pick<Inbox, 'byType' | 'total' | 'unread' | 'urgent'> {
  const byType = zeros();
  let [total, unread, urgent] = [0, 0, 0];
  for (const each of notifications) {
    total += 1;
    if (!isCounted(each)) continue;
    unread += 1;
    byType[each.type] += 1;
    if (each.priority === 'urgent') urgent += 1;
  }
  return { byType, total, unread, urgent };
}

type Counted = Pick<Notification, 'priority' | 'snoozedUntil' | 'state' | 'type'>;

/** Does it wait for the person now? */
export function isCounted({ state, snoozedUntil }: Pick<Notification, 'snoozedUntil' | 'state'>): boolean {
  return state === 'unread' && snoozedUntil === null;
}

/** When the notification next changes by itself: it comes back, or it is forgotten. */
function nextOf({ snoozedUntil, archivedAt, readAt, state }: Notification): number | null {
  if (snoozedUntil !== null) return snoozedUntil;
  if (state === 'archived' && archivedAt !== null) return archivedAt + limits.notificationsArchivedMs;
  return state === 'read' && readAt !== null ? readAt + limits.notificationsReadMs : null;
}

function count(draft: Draft, person: string, before: Counted | null, after: Counted | null): void {
  const inbox = inboxIn(draft, person);
  const was = counted(before === null ? [] : [before]);
  const is = counted(after === null ? [] : [after]);
  const byType = { ...inbox.byType };
  for (const type of NOTIFICATION_TYPES) byType[type] += is.byType[type] - was.byType[type];
  draft.put('inboxes', inbox.id, {
    ...inbox,
    byType,
    total: inbox.total + is.total - was.total,
    unread: inbox.unread + is.unread - was.unread,
    urgent: inbox.urgent + is.urgent - was.urgent,
  });
}

function emptyInbox({ org, now }: Pick<Draft, 'now' | 'org'>, person: string): Inbox {
  return {
    id: personKey(person),
    org,
    version: 0,
    createdAt: now,
    updatedAt: now,
    observedAt: null,
    labels: {},
    source: null,
    person,
    unread: 0,
    urgent: 0,
    byType: zeros(),
    total: 0,
    hour: { from: 0, n: 0 },
    held: 0,
    nextAt: null,
  };
}

function zeros(): Record<NotificationType, number> {
  return { alert: 0, recovery: 0, incident: 0, maintenance: 0, job: 0, message: 0, system: 0 };
}
