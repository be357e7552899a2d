/**
 * Deliveries: what was or is to be sent outside, one record per notice. The queue and the log in one: a row that is
 * `queued` is still to be sent, all others say what came of it. Kept 30 days.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { count, envelopeShape, instant, type Shape } from '../schema.ts';

/** Every kind of notice there is. */
export const NOTICE_KINDS = [
  'alert',
  'recovery',
  'reminder',
  'escalation',
  'summary',
  'digest',
  'incident',
  'maintenance',
  'notification',
  'action',
  'test',
] as const;

/** Why something was sent. */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Where a delivery can stand. */
export const DELIVERY_STATES = ['queued', 'delivered', 'failed', 'summarized', 'canceled'] as const;

/** Where a delivery stands. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One notice on its way through one channel. */
export interface Delivery extends Envelope {
  /** Id of the channel. */
  readonly channel: string;
  readonly channelName: string;
  readonly kind: NoticeKind;
  readonly title: string;
  /** What it is about: `services/shop`. */
  readonly refs: readonly string[];
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Why the last attempt failed, or why nothing is sent. Empty when all is well. */
  readonly error: string;
  /** Unique for ever; the record's id is made of it, so that nothing is enqueued twice. */
  readonly key: string;
  /** Same for an alert and its recovery; these are sent one after the other. */
  readonly thread: string;
  /** Whom it is for when not for the channel's own recipient, shortened: `a…@example.org`. */
  readonly to: string;
  /** Opaque; the same for all notices that go to the same recipient. */
  readonly recipient: string;
  /**
   * Where a summary stands among what its recipient is told: where the newest notice it speaks of stood. null: by the order
   * of making.
   */
  readonly place: number | null;
  readonly queuedAt: number;
  readonly deliveredAt: number | null;
  /** When it is tried (again); null once it is settled. */
  readonly nextAt: number | null;
}

const shape: Shape<Delivery> = {
  ...envelopeShape,
  channel: z.string(),
  channelName: z.string(),
  kind: z.enum(NOTICE_KINDS),
  title: z.string(),
  refs: z.array(z.string()),
  state: z.enum(DELIVERY_STATES),
  attempts: count,
  error: z.string(),
  key: z.string(),
  thread: z.string(),
  to: z.string(),
  recipient: z.string(),
  place: z.number().nullable(),
  queuedAt: instant,
  deliveredAt: instant.nullable(),
  nextAt: instant.nullable(),
};

/** Every field of a delivery, as a schema. */
export const deliveryRow: z.ZodType<Delivery> = z.object(shape);

const enqueued = z.never({
  error: 'deliveries are made by the server when it has something to say; nobody writes them',
});

export const deliveries: Collection = describeCollection({
  name: 'deliveries',
  kind: 'plain',
  row: deliveryRow,
  create: enqueued,
  patch: enqueued,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'admin', write: 'admin' },
  owns: { api: [], report: [] },
});
