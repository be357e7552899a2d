import type { Notification } from '@statewire/model';

/** What people do with one notification. What they did is the whole state: nothing else moves it but time. */
export type Mark = { readonly do: 'archive' | 'read' | 'unread' } | { readonly do: 'snooze'; readonly until: number };

/** The notification after that. */
export function marked(notification: Notification, mark: Mark, now: number): Notification {
  const free = { snoozedUntil: null, archivedAt: null };
  switch (mark.do) {
    case 'read':
      return {
        ...notification,
        ...free,
        state: 'read',
        readAt: notification.state === 'read' ? notification.readAt : now,
      };
    case 'unread':
      return { ...notification, ...free, state: 'unread', readAt: null };
    case 'archive':
      return notification.state === 'archived'
        ? notification
        : { ...notification, ...free, state: 'archived', archivedAt: now, readAt: notification.readAt ?? now };
    default:
      return { ...notification, archivedAt: null, state: 'unread', readAt: null, snoozedUntil: mark.until };
  }
}
