export const NOTIFICATION_TABS = ['channels', 'policies', 'rules', 'deliveries'] as const;

export type NotificationTab = (typeof NOTIFICATION_TABS)[number];

/** The settings of notifications as they stand in the URL. */
export interface NotificationsSearch {
  readonly tab?: NotificationTab;
}

/** Reads the URL's search part; what is not understood is left out. */
export function readNotificationsSearch(raw: Readonly<Record<string, unknown>>): NotificationsSearch {
  const tab = NOTIFICATION_TABS.find((name) => name === raw['tab']);
  return tab === undefined || tab === 'channels' ? {} : { tab };
}
