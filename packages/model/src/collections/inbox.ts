/** Inboxes: how much waits for each person, as live fields, so that a badge is one subscription. */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { count, envelopeShape, instant, type Shape } from '../schema.ts';
import { NOTIFICATION_TYPES, type NotificationType } from '../notification-type.ts';

/** The counters of one person's inbox. What is snoozed does not count. */
export interface Inbox extends Envelope {
  readonly person: string;
  readonly unread: number;
  /** Unread ones of priority `urgent`. */
  readonly urgent: number;
  readonly byType: Readonly<Record<NotificationType, number>>;
  /** All items, archived ones too. */
  readonly total: number;
  /** The hour that is being counted for the throttle: its start, and how many came in it. */
  readonly hour: { readonly from: number; readonly n: number; readonly [field: string]: number };
  /** Pushes that wait for the end of the quiet hours. */
  readonly held: number;
  readonly nextAt: number | null;
}

const shape: Shape<Inbox> = {
  ...envelopeShape,
  person: z.string(),
  unread: count,
  urgent: count,
  byType: z.record(z.enum(NOTIFICATION_TYPES), count),
  total: count,
  hour: z.object({ from: instant, n: count }),
  held: count,
  nextAt: instant.nullable(),
};

/** Every field of a person's inbox, as a schema. */
export const inboxRow: z.ZodType<Inbox> = z.object(shape);

const derived = z.never({ error: 'inboxes are derived by the server; nobody writes them' });

export const inboxes: Collection = describeCollection({
  name: 'inboxes',
  kind: 'plain',
  row: inboxRow,
  create: derived,
  patch: derived,
  report: null,
  fields: Object.keys(shape),
  // Nobody writes the record; commands that act on the whole inbox are called on it.
  access: { read: 'read', write: 'read', own: 'person' },
  owns: { api: [], report: [] },
});
