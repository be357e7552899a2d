/** Every type of notification there is. */
export const NOTIFICATION_TYPES = ['alert', 'recovery', 'incident', 'maintenance', 'job', 'message', 'system'] as const;
/** What a notification is about. */
export type NotificationType = (typeof NOTIFICATION_TYPES)[number];
