/** From the least to the most pressing. */
export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
/** How urgent a notification is. */
export type Priority = (typeof PRIORITIES)[number];
