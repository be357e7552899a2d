import { NOTIFICATION_TYPES, type NotificationType, PRIORITIES, type Priority } from '@statewire/model';

export const INBOX_TABS = ['unread', 'all', 'archived', 'snoozed', 'settings'] as const;

export type InboxTab = (typeof INBOX_TABS)[number];

/** The inbox as it stands in its URL. */
export interface InboxSearch {
  readonly tab?: InboxTab;
  readonly type?: NotificationType;
  readonly priority?: Priority;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readInboxSearch(raw: Readonly<Record<string, unknown>>): InboxSearch {
  const tab = INBOX_TABS.find((name) => name === raw['tab']);
  const type = NOTIFICATION_TYPES.find((name) => name === raw['type']);
  const priority = PRIORITIES.find((name) => name === raw['priority']);
  return {
    ...(tab === undefined || tab === 'unread' ? {} : { tab }),
    ...(type === undefined ? {} : { type }),
    ...(priority === undefined ? {} : { priority }),
  };
}
