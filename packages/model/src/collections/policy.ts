/**
 * Policies: who is told of which alerts, in which steps, and when not. An alert takes the policy its rule names, else
 * the first that matches it, else the default one, else nobody is told.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { isZone } from '../recurrence.ts';
import { envelopeShape, idSchema, instant, labelsSchema, named, words, type Shape } from '../schema.ts';
import { selectorSchema, type Selector } from '../selector.ts';
import type { Severity } from '../severity.ts';

/** What alerts that are told together have in common. */
export type GroupKey = 'rule' | 'subject' | 'group' | 'kind' | `label:${string}`;

/** Which alerts a policy is for; null means all. */
export interface PolicyMatch {
  readonly severity: readonly Severity[] | null;
  readonly on: Selector | null;
  readonly [field: string]: null | readonly string[] | Selector;
}

/** Channels that are told when nobody has acknowledged `afterMs` after the alert fired. */
export interface PolicyStep {
  readonly afterMs: number;
  readonly channels: readonly string[];
  readonly [field: string]: number | readonly string[];
}

/** Hours in which notices are held; what was held is told at their end, in one digest. */
export interface QuietHours {
  /** 0 is Sunday; the day on which the hours begin. */
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  /** Severities that are told all the same. */
  readonly bypass: readonly Severity[];
  readonly [field: string]: string | readonly number[] | readonly string[];
}

/** A regular list of what is wrong and what was. */
export interface Digest {
  readonly every: 'day' | 'week';
  readonly at: string;
  /** With `week`: 0 is Sunday. */
  readonly weekday: number;
  readonly zone: string;
  readonly channels: readonly string[];
  readonly [field: string]: string | number | readonly string[];
}

/** Who is told of which alerts, when, and what happens when nobody answers. */
export interface Policy extends Envelope {
  readonly name: string;
  /** Takes what no other policy matches. */
  readonly isDefault: boolean;
  readonly match: PolicyMatch;
  readonly groupBy: readonly GroupKey[];
  /** How long the first notice of a group waits for others. Default 10000. */
  readonly groupWaitMs: number;
  /** Time between notices of the same group. Default 300000. */
  readonly groupIntervalMs: number;
  readonly steps: readonly PolicyStep[];
  /** The last step again, while nobody acknowledges. */
  readonly repeatMs: number | null;
  /** A reminder with the current list, while nobody acknowledges; at least 300000. */
  readonly reminderMs: number | null;
  readonly quiet: readonly QuietHours[];
  readonly digest: Digest | null;
  /** Whether the end of a problem is told. */
  readonly sendResolved: boolean;
  /** When the next digest is due. */
  readonly nextAt: number | null;
}

/** Body of `POST /v1/policies`. */
export interface PolicyCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly isDefault?: boolean | undefined;
  readonly match?:
    | { readonly severity?: readonly Severity[] | null | undefined; readonly on?: Selector | null | undefined }
    | undefined;
  readonly groupBy?: readonly GroupKey[] | undefined;
  readonly groupWaitMs?: number | undefined;
  readonly groupIntervalMs?: number | undefined;
  readonly steps: readonly { readonly afterMs: number; readonly channels: readonly string[] }[];
  readonly repeatMs?: number | null | undefined;
  readonly reminderMs?: number | null | undefined;
  readonly quiet?: readonly QuietInput[] | undefined;
  readonly digest?: DigestInput | null | undefined;
  readonly sendResolved?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Quiet hours as callers write them. */
export interface QuietInput {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly bypass: readonly Severity[];
}

/** A digest as callers write it. */
export interface DigestInput {
  readonly every: 'day' | 'week';
  readonly at: string;
  readonly weekday: number;
  readonly zone: string;
  readonly channels: readonly string[];
}

/** Body of `PATCH /v1/policies/<id>`. */
export type PolicyPatch = { readonly [K in Exclude<keyof PolicyCreate, 'id'>]?: PolicyCreate[K] | undefined };

const DAY_MS = 86_400_000;
const severities: z.ZodType<readonly Severity[]> = z.array(z.enum(['critical', 'warning', 'info'])).max(3);
const channelIds: z.ZodType<readonly string[]> = z.array(idSchema).min(1).max(32);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of day such as 22:00' });
const zoneName = words(64).refine(isZone, { error: 'expected the name of a time zone such as Europe/Berlin' });

const quietSchema: z.ZodType<QuietInput> = z
  .strictObject({
    days: z.array(z.int().min(0).max(6)).min(1).max(7).default([0, 1, 2, 3, 4, 5, 6]),
    from: clockTime,
    to: clockTime,
    zone: zoneName.default('UTC'),
    bypass: severities.default(['critical']),
  })
  .refine(({ from, to }) => from !== to, { error: 'expected `from` and `to` to differ', path: ['to'] });

const digestSchema: z.ZodType<DigestInput> = z.strictObject({
  every: z.enum(['day', 'week']),
  at: clockTime.default('09:00'),
  weekday: z.int().min(0).max(6).default(1),
  zone: zoneName.default('UTC'),
  channels: channelIds,
});

const groupKey: z.ZodType<GroupKey> = z.union(
  [z.enum(['rule', 'subject', 'group', 'kind']), z.templateLiteral(['label:', z.string().min(1).max(128)])],
  { error: 'expected rule, subject, group, kind or label:<name>' },
);

const stepsSchema = z
  .array(
    z.strictObject({
      afterMs: z
        .int()
        .min(0)
        .max(7 * DAY_MS),
      channels: channelIds,
    }),
  )
  .min(1)
  .max(10)
  .refine((steps) => steps.every((step, i) => i === 0 || step.afterMs > (steps[i - 1]?.afterMs ?? 0)), {
    error: 'expected each step later than the one before it',
  });

const matchSchema = z.strictObject({
  severity: severities.nullish(),
  on: selectorSchema.nullish(),
});

const patchShape: InputShape<PolicyPatch> = {
  name: named(200).optional(),
  isDefault: z.boolean().optional(),
  match: matchSchema.optional(),
  groupBy: z.array(groupKey).max(8).optional(),
  groupWaitMs: z.int().min(0).max(600_000).optional(),
  groupIntervalMs: z.int().min(0).max(DAY_MS).optional(),
  steps: stepsSchema.optional(),
  repeatMs: z.int().min(60_000).max(DAY_MS).nullish(),
  reminderMs: z
    .int()
    .min(300_000)
    .max(7 * DAY_MS)
    .nullish(),
  quiet: z.array(quietSchema).max(16).optional(),
  digest: digestSchema.nullish(),
  sendResolved: z.boolean().optional(),
  labels: labelsSchema.optional(),
};

const createShape: InputShape<PolicyCreate> = {
  ...patchShape,
  id: idSchema.optional(),
  name: named(200),
  steps: stepsSchema,
};

/** What makes a policy: the body of a create. */
export const policyCreateSchema: z.ZodType<PolicyCreate> = z.strictObject(createShape);
/** What may be changed of a policy: the body of a patch. */
export const policyPatchSchema: z.ZodType<PolicyPatch> = z.strictObject(patchShape);

const shape: Shape<Policy> = {
  ...envelopeShape,
  name: z.string(),
  isDefault: z.boolean(),
  match: z.object({
    severity: severities.nullable(),
    on: selectorSchema.nullable(),
  }),
  groupBy: z.array(groupKey),
  groupWaitMs: z.int().min(0),
  groupIntervalMs: z.int().min(0),
  steps: z.array(z.object({ afterMs: z.int().min(0), channels: z.array(z.string()) })),
  repeatMs: z.int().nullable(),
  reminderMs: z.int().nullable(),
  quiet: z.array(
    z.object({ days: z.array(z.int()), from: z.string(), to: z.string(), zone: z.string(), bypass: severities }),
  ),
  digest: z
    .object({
      every: z.enum(['day', 'week']),
      at: z.string(),
      weekday: z.int(),
      zone: z.string(),
      channels: z.array(z.string()),
    })
    .nullable(),
  sendResolved: z.boolean(),
  nextAt: instant.nullable(),
};

/** Every field of a policy, as a schema. */
export const policyRow: z.ZodType<Policy> = z.object(shape);

export const policies: Collection = describeCollection({
  name: 'policies',
  kind: 'plain',
  row: policyRow,
  create: policyCreateSchema,
  patch: policyPatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin' },
  owns: { api: Object.keys(patchShape), report: [] },
});
