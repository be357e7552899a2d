/** Notifications: the items of people's inboxes. Each belongs to one person, and nobody else sees it. */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { NOTIFICATION_TYPES, type NotificationType } from '../notification-type.ts';
import { PRIORITIES, type Priority } from '../priority.ts';
import { count, envelopeShape, instant, keySchema, named, prose, refSchema, words, type Shape } from '../schema.ts';

/** One item of one person's inbox. */
export interface Notification extends Envelope {
  /** Id of the person whose it is. */
  readonly person: string;
  readonly type: NotificationType;
  readonly priority: Priority;
  readonly title: string;
  readonly text: string;
  /** Records it is about, at most 20: `services/shop`. */
  readonly refs: readonly string[];
  /** Where in the dashboard to look. */
  readonly path: string;
  readonly state: 'unread' | 'read' | 'archived';
  /** Out of sight until then; comes back unread. */
  readonly snoozedUntil: number | null;
  /** How many repeats were merged into it; 1 for a single one. */
  readonly count: number;
  /** When it happened last. */
  readonly lastAt: number;
  readonly readAt: number | null;
  readonly archivedAt: number | null;
  /** Should it be heard? The person's preferences and quiet hours have been asked already. */
  readonly sound: boolean;
  /** Repeats of one thread that come soon are merged. */
  readonly thread: string;
  /** When the next thing happens by itself: it comes back, or it is forgotten. */
  readonly nextAt: number | null;
}

/** Body of `POST /v1/notifications`: a word to one person, or to everybody of the organization. */
export interface NotificationCreate {
  /** A person's id; `*` for all people of the organization. */
  readonly person: string;
  readonly type?: 'message' | 'job' | 'system' | undefined;
  readonly priority?: Priority | undefined;
  readonly title: string;
  readonly text?: string | undefined;
  readonly refs?: readonly string[] | undefined;
  readonly path?: string | undefined;
  /** Repeats of one thread that come soon are merged; default: the refs. */
  readonly thread?: string | undefined;
}

/** Body of `PATCH /v1/notifications/<id>`. */
export interface NotificationPatch {
  readonly state?: 'unread' | 'read' | 'archived' | undefined;
}

/** A place in the dashboard: a path of ours, never another site. */
const placeSchema: z.ZodType<string> = z
  .string()
  .max(300)
  .regex(/^(?:\/(?!\/)[\w.~:@!$&'()*+,;=%/?#-]*)?$/, { error: 'expected a path of the dashboard such as /alerts/a1' });

const refsSchema: z.ZodType<readonly string[]> = z.array(refSchema).max(20);

const createShape: InputShape<NotificationCreate> = {
  person: named(256),
  type: z.enum(['message', 'job', 'system']).optional(),
  priority: z.enum(PRIORITIES).optional(),
  title: named(200),
  text: prose(2_000).optional(),
  refs: refsSchema.optional(),
  path: placeSchema.optional(),
  thread: keySchema.optional(),
};
/** What makes a notification: the body of a create. */
export const notificationCreateSchema: z.ZodType<NotificationCreate> = z.strictObject(createShape);

const patchShape: InputShape<NotificationPatch> = { state: z.enum(['unread', 'read', 'archived']).optional() };
/** What may be changed of a notification: the body of a patch. */
export const notificationPatchSchema: z.ZodType<NotificationPatch> = z.strictObject(patchShape);

const shape: Shape<Notification> = {
  ...envelopeShape,
  person: words(256),
  type: z.enum(NOTIFICATION_TYPES),
  priority: z.enum(PRIORITIES),
  title: z.string(),
  text: z.string(),
  refs: z.array(z.string()),
  path: z.string(),
  state: z.enum(['unread', 'read', 'archived']),
  snoozedUntil: instant.nullable(),
  count,
  lastAt: instant,
  readAt: instant.nullable(),
  archivedAt: instant.nullable(),
  sound: z.boolean(),
  thread: z.string(),
  nextAt: instant.nullable(),
};

/** Every field of a notification, as a schema. */
export const notificationRow: z.ZodType<Notification> = z.object(shape);

export const notifications: Collection = describeCollection({
  name: 'notifications',
  kind: 'plain',
  row: notificationRow,
  create: notificationCreateSchema,
  patch: notificationPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'read', create: 'report', own: 'person' },
  owns: { api: ['state'], report: [] },
});
