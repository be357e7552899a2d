/**
 * Messages: words of the people who run something to those who use it, for a time. Drafted, planned, shown, over: when a
 * message begins and ends are absolute times, which the server keeps by its own clock.
 */
import { isForbiddenKey } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { count, envelopeShape, idSchema, instant, labelsSchema, named, prose, words, type Shape } from '../schema.ts';
import { messageGlimpse } from './message-glimpse.ts';
import {
  MESSAGE_AUDIENCES,
  MESSAGE_PRIORITIES,
  MESSAGE_STATES,
  type MessageAudience,
  type MessagePriority,
  type MessageState,
} from './message-word.ts';

/** What happens to messages. */
export const MESSAGE_EVENTS = ['drafted', 'edited', 'scheduled', 'activated', 'expired', 'withdrawn'] as const;

/** One step in the life of a message; at most 50 are kept, newest last. */
export interface MessageEvent {
  readonly at: number;
  readonly what: (typeof MESSAGE_EVENTS)[number];
  /** Who did it; empty: the clock. */
  readonly by: string;
  readonly [field: string]: string | number;
}

/** Where a message leads: a page over https, or a path of the app that shows it. */
export interface MessageLink {
  readonly text: string;
  readonly url: string;
  readonly [field: string]: string;
}

/** A message: what it says, to whom, when, and what became of it. */
export interface Message extends Envelope {
  readonly title: string;
  /** Markdown of a safe subset: no HTML, links over http, https and mailto, no images. */
  readonly body: string;
  readonly priority: MessagePriority;
  readonly audience: MessageAudience;
  /** Ids of the customers it is for; null: of all. Only with the audience `customers`. */
  readonly customers: readonly string[] | null;
  /** `customers` as the rule of who sees it looks them up. */
  readonly to: Readonly<Record<string, true>>;
  readonly link: MessageLink | null;
  /** May a reader put it away? */
  readonly dismissible: boolean;
  readonly state: MessageState;
  /** Null: as soon as it is published. */
  readonly startsAt: number | null;
  /** Null: until somebody withdraws it. */
  readonly endsAt: number | null;
  /** When it became active last. */
  readonly activeAt: number | null;
  readonly endedAt: number | null;
  readonly by: string;
  /** To how many readers it was shown, and how many of them followed a link or put it away. */
  readonly shown: number;
  readonly clicked: number;
  readonly dismissed: number;
  /** Receipts of readers that are kept now. */
  readonly receipts: number;
  readonly events: readonly MessageEvent[];
  /** When the clock moves it next. */
  readonly nextAt: number | null;
}

/** Body of `POST /v1/messages`. A draft, unless it is published at once. */
export interface MessageCreate {
  readonly id?: string | undefined;
  readonly title: string;
  readonly body?: string | undefined;
  readonly priority?: MessagePriority | undefined;
  readonly audience?: MessageAudience | undefined;
  readonly customers?: readonly string[] | null | undefined;
  readonly link?: MessageLink | null | undefined;
  readonly dismissible?: boolean | undefined;
  readonly startsAt?: number | null | undefined;
  readonly endsAt?: number | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Publish it in the same step. */
  readonly publish?: boolean | undefined;
}

/** Body of `PATCH /v1/messages/<id>`. What is over is brought back before it is changed. */
export type MessagePatch = {
  readonly [K in keyof Omit<MessageCreate, 'id' | 'publish'>]?: MessageCreate[K] | undefined;
};

/** Characters of a body. */
export const MESSAGE_BODY_MAX = 10_000;
/** Customers that one message names. */
export const MESSAGE_CUSTOMERS_MAX = 200;

// Beyond these years a slip of the keyboard is likelier than a plan.
const timeSchema = z.int().min(946_684_800_000).max(4_102_444_800_000);

const customersSchema: z.ZodType<readonly string[]> = z
  .array(idSchema.refine((id) => !isForbiddenKey(id), { error: 'expected the id of a customer' }))
  .min(1)
  .max(MESSAGE_CUSTOMERS_MAX)
  .refine((ids) => new Set(ids).size === ids.length, { error: 'expected each customer once' });

/** An address that a message may lead to. */
export const messageUrlSchema: z.ZodType<string> = z
  .string()
  .max(2_000)
  .refine(isSafeUrl, { error: 'expected an address such as https://example.com/help or a path such as /help' });

const linkSchema: z.ZodType<MessageLink> = z.strictObject({ text: named(80), url: messageUrlSchema });

const patchShape: InputShape<MessagePatch> = {
  title: named(200).optional(),
  body: prose(MESSAGE_BODY_MAX).optional(),
  priority: z.enum(MESSAGE_PRIORITIES).optional(),
  audience: z.enum(MESSAGE_AUDIENCES).optional(),
  customers: customersSchema.nullish(),
  link: linkSchema.nullish(),
  dismissible: z.boolean().optional(),
  startsAt: timeSchema.nullish(),
  endsAt: timeSchema.nullish(),
  labels: labelsSchema.optional(),
};

const createShape: InputShape<MessageCreate> = {
  ...patchShape,
  id: idSchema.optional(),
  title: named(200),
  publish: z.boolean().optional(),
};

/** The schema of each field that people write, for forms that check one field at a time. */
export const messageFieldSchemas: InputShape<Omit<MessageCreate, 'id' | 'labels' | 'publish'>> = {
  title: createShape.title,
  body: patchShape.body,
  priority: patchShape.priority,
  audience: patchShape.audience,
  customers: patchShape.customers,
  link: patchShape.link,
  dismissible: patchShape.dismissible,
  startsAt: patchShape.startsAt,
  endsAt: patchShape.endsAt,
};

/** What is wrong with fields that do not fit each other, with the field to be told; null when nothing is. */
export function messageFlaw({
  audience,
  customers,
  startsAt,
  endsAt,
}: Pick<MessageCreate, 'audience' | 'customers' | 'endsAt' | 'startsAt'>): {
  readonly field: 'customers' | 'endsAt';
  readonly message: string;
} | null {
  if (Array.isArray(customers) && audience !== 'customers') {
    return { field: 'customers', message: 'expected none: only the audience customers can be narrowed' };
  }
  if (typeof startsAt === 'number' && typeof endsAt === 'number' && endsAt <= startsAt) {
    return { field: 'endsAt', message: 'expected a time after `startsAt`' };
  }
  return null;
}

/** What makes a message: the body of a create. */
export const messageCreateSchema: z.ZodType<MessageCreate> = z.strictObject(createShape).check(({ value, issues }) => {
  const flaw = messageFlaw({ ...value, audience: value.audience ?? 'everyone' });
  if (flaw !== null)
    issues.push({ code: 'custom', path: [flaw.field], message: flaw.message, input: value[flaw.field] });
});

/** What may be changed of a message: the body of a patch. Fields are judged together with those that stay. */
export const messagePatchSchema: z.ZodType<MessagePatch> = z.strictObject(patchShape);

const shape: Shape<Message> = {
  ...envelopeShape,
  title: z.string(),
  body: z.string(),
  priority: z.enum(MESSAGE_PRIORITIES),
  audience: z.enum(MESSAGE_AUDIENCES),
  customers: z.array(z.string()).nullable(),
  to: z.record(z.string(), z.literal(true)),
  link: z.object({ text: z.string(), url: z.string() }).nullable(),
  dismissible: z.boolean(),
  state: z.enum(MESSAGE_STATES),
  startsAt: instant.nullable(),
  endsAt: instant.nullable(),
  activeAt: instant.nullable(),
  endedAt: instant.nullable(),
  by: z.string(),
  shown: count,
  clicked: count,
  dismissed: count,
  receipts: count,
  events: z.array(z.object({ at: instant, what: z.enum(MESSAGE_EVENTS), by: words(256) })),
  nextAt: instant.nullable(),
};

/** Every field of a message, as a schema. */
export const messageRow: z.ZodType<Message> = z.object(shape);

export const messages: Collection = describeCollection({
  name: 'messages',
  kind: 'plain',
  row: messageRow,
  create: messageCreateSchema,
  patch: messagePatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate', glimpse: messageGlimpse },
  owns: {
    api: ['title', 'body', 'priority', 'audience', 'customers', 'link', 'dismissible', 'startsAt', 'endsAt', 'labels'],
    report: [],
  },
});

/** Our own paths, and whole addresses over https; never a scheme that runs something, nor another site by `//`. */
function isSafeUrl(url: string): boolean {
  if (/[\p{Cc}\s\\]/u.test(url)) return false;
  if (/^\/(?!\/)/u.test(url)) return true;
  return /^https:\/\/[\w.-]+(?::\d{1,5})?(?:[/?#]|$)/iu.test(url);
}
