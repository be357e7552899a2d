/** The words of a message, without what checks them: whoever only shows messages needs no schema. */

/** From the least to the most pressing. */
export const MESSAGE_PRIORITIES = ['info', 'notice', 'warning', 'critical'] as const;
/** How pressing a message is. */
export type MessagePriority = (typeof MESSAGE_PRIORITIES)[number];

/** Whom messages can be for. */
export const MESSAGE_AUDIENCES = ['everyone', 'operators', 'customers'] as const;
/** Whom a message is for: all, the people of the organization, or the end users of its customers. */
export type MessageAudience = (typeof MESSAGE_AUDIENCES)[number];

/** The life of a message, in its order. */
export const MESSAGE_STATES = ['draft', 'scheduled', 'active', 'expired', 'withdrawn'] as const;
/** Where a message stands. Only an active one is seen by whom it is for. */
export type MessageState = (typeof MESSAGE_STATES)[number];
