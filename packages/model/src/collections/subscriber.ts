/**
 * Subscribers of public pages. Where to send lies in a private document; the record shows enough of it to tell one
 * from another and no more.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { envelopeShape, idSchema, instant, labelsSchema, words, type Shape } from '../schema.ts';

/** Somebody outside who is told of a status page's incidents. */
export interface Subscriber extends Envelope {
  /** Id of the page. */
  readonly page: string;
  readonly kind: 'email' | 'webhook';
  /** Masked: `a...@example.org`, `https://hooks.example.org/...`. */
  readonly target: string;
  /** Nothing but the confirmation is sent to a pending one. */
  readonly state: 'pending' | 'confirmed';
  /** Names of the page's groups it wants to hear of; null is all. */
  readonly groups: readonly string[] | null;
  readonly confirmedAt: number | null;
  /** A pending one is forgotten then; null when confirmed. */
  readonly nextAt: number | null;
}

/** Body of `POST /v1/subscribers`. The one who is named must confirm, as if they had come by themselves. */
export interface SubscriberCreate {
  readonly page: string;
  readonly kind: 'email' | 'webhook';
  readonly target: string;
  readonly groups?: readonly string[] | null | undefined;
}

/** Body of `PATCH /v1/subscribers/<id>`. */
export interface SubscriberPatch {
  readonly groups?: readonly string[] | null | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const shape: Shape<Subscriber> = {
  ...envelopeShape,
  page: z.string(),
  kind: z.enum(['email', 'webhook']),
  target: z.string(),
  state: z.enum(['pending', 'confirmed']),
  groups: z.array(z.string()).nullable(),
  confirmedAt: instant.nullable(),
  nextAt: instant.nullable(),
};

/** Every field of a subscriber, as a schema. */
export const subscriberRow: z.ZodType<Subscriber> = z.object(shape);

const groups = z.array(words(200)).max(50).nullable();

const createShape: InputShape<SubscriberCreate> = {
  page: idSchema,
  kind: shape.kind,
  target: words(2048),
  groups: groups.optional(),
};

/** What makes a subscriber: the body of a create. */
export const subscriberCreateSchema: z.ZodType<SubscriberCreate> = z
  .strictObject(createShape)
  .check(({ value, issues }) => {
    const flaw = subscriberFlaw(value.kind, value.target);
    if (flaw !== null) issues.push({ code: 'custom', path: ['target'], message: flaw, input: value.target });
  });

const patchShape: InputShape<SubscriberPatch> = { groups: groups.optional(), labels: labelsSchema.optional() };

/** What may be changed of a subscriber: the body of a patch. */
export const subscriberPatchSchema: z.ZodType<SubscriberPatch> = z.strictObject(patchShape);

export const subscribers: Collection = describeCollection({
  name: 'subscribers',
  kind: 'plain',
  row: subscriberRow,
  create: subscriberCreateSchema,
  patch: subscriberPatchSchema,
  report: null,
  fields: Object.keys(shape),
  // An address is a person's: whoever may look at dashboards need not see who listens.
  access: { read: 'admin', write: 'admin' },
  owns: { api: ['page', 'kind', 'target', 'groups', 'labels'], report: [] },
});

/** Why nothing can be sent there, or null. */
export function subscriberFlaw(kind: Subscriber['kind'], target: string): string | null {
  if (kind === 'email') {
    const isAddress =
      target.length <= 254 && /^[^\s@<>()[\]\\,;:"]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/i.test(target);
    return isAddress ? null : 'expected an e-mail address such as ada@example.org';
  }
  const isAddress = /^https:\/\/[^/?#@\s]+(?:[/?#]\S*)?$/i.test(target) && z.url().safeParse(target).success;
  return isAddress ? null : 'expected an https address without a user, such as https://hooks.example.org/status';
}
