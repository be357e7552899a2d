/**
 * Rules: what is worth an alert. A rule is data: which records it looks at, the condition, for how long it must hold,
 * who is told and what is tried by itself. Rules that come with the product carry `builtin`; they are records like any
 * other, so that an organization changes or disables them where it sees them.
 */
import type { JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import {
  envelopeShape,
  idSchema,
  instant,
  keySchema,
  labelsSchema,
  named,
  plainObject,
  prose,
  words,
  type Shape,
} from '../schema.ts';
import type { Severity } from '../severity.ts';
import { selectorSchema, type Selector, type SelectedCollection } from '../selector.ts';
import { STATUSES, type Status } from '../status.ts';

/** When a rule is true of a record. One family per kind; see docs/concepts/alerts.md. */
export type RuleCondition =
  | { readonly kind: 'status'; readonly is: readonly Status[] }
  | { readonly kind: 'freshness'; readonly is: readonly ('late' | 'expired')[] }
  | {
      readonly kind: 'latency';
      readonly q: 'p50' | 'p95' | 'p99';
      readonly aboveMs: number;
      readonly overMs: number;
    }
  | { readonly kind: 'errors'; readonly above: number; readonly overMs: number }
  | {
      readonly kind: 'run';
      readonly is: readonly ('stalled' | 'lost' | 'failed' | 'timed_out')[];
      readonly stalledMs: number;
    }
  | { readonly kind: 'tools' }
  | { readonly kind: 'certificate'; readonly days: number }
  | { readonly kind: 'flapping' }
  | { readonly kind: 'reconnects'; readonly count: number; readonly overMs: number }
  | {
      readonly kind: 'metric';
      /** Id of a record of `metrics`. */
      readonly subject: string;
      readonly name: string;
      readonly above: number | null;
      readonly below: number | null;
      /** Relative change within `overMs`, either way: 0.5 is half as much again, or half of it. */
      readonly change: number | null;
      readonly overMs: number;
    }
  | {
      readonly kind: 'trend';
      readonly of: 'latency' | 'metric';
      readonly limit: number;
      readonly withinMs: number;
      readonly subject: string | null;
      readonly name: string | null;
    }
  | { readonly kind: 'anomaly'; readonly of: 'latency' | 'errors'; readonly sensitivity: number };

/** What is tried when an alert fires, with a rest between two tries and a limit per day. */
export type RecoveryAction =
  | { readonly kind: 'webhook'; readonly channel: string; readonly cooldownMs: number; readonly perDay: number }
  | {
      readonly kind: 'command';
      /** The word a reporter knows it by; the job of kind `recovery` carries it as its title. */
      readonly command: string;
      readonly args: JsonObject;
      readonly cooldownMs: number;
      readonly perDay: number;
    };

/** What is worth an alert, as data. */
export interface Rule extends Envelope {
  readonly name: string;
  readonly isEnabled: boolean;
  /** Name of the shipped rule this record stands for, or null. */
  readonly builtin: string | null;
  readonly severity: Severity;
  readonly on: Selector;
  readonly when: RuleCondition & JsonObject;
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number;
  /** Id of the policy, or null for the first that matches. */
  readonly policy: string | null;
  readonly recovery: (RecoveryAction & JsonObject) | null;
  /** A note for whoever is told. */
  readonly text: string;
  /** Where the steps are written down. */
  readonly runbook: string;
  /** When its recovery action was tried last, by subject. */
  readonly tried: Readonly<Record<string, readonly number[]>>;
}

/** Body of `POST /v1/rules`. */
export interface RuleCreate {
  readonly id?: string | undefined;
  readonly name: string;
  readonly when: RuleCondition;
  readonly on?: Selector | undefined;
  readonly isEnabled?: boolean | undefined;
  readonly severity?: Severity | undefined;
  readonly forMs?: number | undefined;
  readonly policy?: string | null | undefined;
  readonly recovery?: RecoveryAction | null | undefined;
  readonly text?: string | undefined;
  readonly runbook?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/rules/<id>`. */
export type RulePatch = { readonly [K in Exclude<keyof RuleCreate, 'id'>]?: RuleCreate[K] | undefined };

const DAY_MS = 86_400_000;
const overMs = (fallback: number): z.ZodType<number> => z.int().min(60_000).max(DAY_MS).default(fallback);

/** What each family is about, so that a rule cannot look at records that have none of it. */
const ABOUT: Readonly<Record<RuleCondition['kind'], readonly SelectedCollection[]>> = {
  status: ['services', 'agents', 'connections'],
  freshness: ['services', 'agents', 'connections'],
  latency: ['services', 'agents', 'connections'],
  errors: ['services', 'agents', 'connections'],
  run: ['jobs', 'executions'],
  tools: ['services'],
  certificate: ['services'],
  flapping: ['services', 'agents', 'connections'],
  reconnects: ['connections', 'services', 'agents'],
  // A metric is named by the condition itself; the selector says nothing.
  metric: ['services', 'agents', 'connections', 'executions', 'jobs'],
  trend: ['services', 'agents', 'connections', 'executions', 'jobs'],
  anomaly: ['services', 'agents', 'connections'],
};

/** What a rule may look for. */
export const ruleConditionSchema: z.ZodType<RuleCondition> = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('status'), is: z.array(z.enum(STATUSES)).min(1).max(STATUSES.length) }),
      z.strictObject({
        kind: z.literal('freshness'),
        is: z
          .array(z.enum(['late', 'expired']))
          .min(1)
          .max(2),
      }),
      z.strictObject({
        kind: z.literal('latency'),
        q: z.enum(['p50', 'p95', 'p99']).default('p95'),
        aboveMs: z.number().gt(0).max(DAY_MS),
        overMs: overMs(600_000),
      }),
      z.strictObject({ kind: z.literal('errors'), above: z.number().min(0).max(1), overMs: overMs(600_000) }),
      z.strictObject({
        kind: z.literal('run'),
        is: z
          .array(z.enum(['stalled', 'lost', 'failed', 'timed_out']))
          .min(1)
          .max(4),
        stalledMs: z
          .int()
          .min(10_000)
          .max(31 * DAY_MS)
          .default(600_000),
      }),
      z.strictObject({ kind: z.literal('tools') }),
      z.strictObject({ kind: z.literal('certificate'), days: z.int().min(0).max(365) }),
      z.strictObject({ kind: z.literal('flapping') }),
      z.strictObject({ kind: z.literal('reconnects'), count: z.int().min(1).max(1_000), overMs: overMs(600_000) }),
      z.strictObject({
        kind: z.literal('metric'),
        subject: idSchema,
        name: keySchema,
        above: z.number().nullable().default(null),
        below: z.number().nullable().default(null),
        change: z.number().gt(0).max(1_000).nullable().default(null),
        overMs: overMs(3_600_000),
      }),
      z.strictObject({
        kind: z.literal('trend'),
        of: z.enum(['latency', 'metric']).default('latency'),
        limit: z.number(),
        withinMs: z
          .int()
          .min(60_000)
          .max(7 * DAY_MS)
          .default(3_600_000),
        subject: idSchema.nullable().default(null),
        name: keySchema.nullable().default(null),
      }),
      z.strictObject({
        kind: z.literal('anomaly'),
        of: z.enum(['latency', 'errors']).default('latency'),
        sensitivity: z.number().min(1).max(20).default(5),
      }),
    ],
    {
      error:
        'expected `kind` to be one of status, freshness, latency, errors, run, tools, certificate, flapping, reconnects, metric, trend, anomaly',
    },
  )
  .check(({ value, issues }) => {
    if (value.kind === 'metric' && value.above === null && value.below === null && value.change === null) {
      issues.push({ code: 'custom', message: 'expected at least one of above, below, change', input: value });
    }
    if (value.kind === 'trend' && value.of === 'metric' && (value.subject === null || value.name === null)) {
      issues.push({ code: 'custom', message: 'expected `subject` and `name` of the metric', input: value });
    }
  });

const cooldownMs = z
  .int()
  .min(60_000)
  .max(7 * DAY_MS)
  .default(900_000);
const perDay = z.int().min(1).max(100).default(3);
const recoverySchema: z.ZodType<RecoveryAction> = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('webhook'), channel: idSchema, cooldownMs, perDay }),
    z.strictObject({
      kind: z.literal('command'),
      command: named(200),
      args: plainObject.default({}),
      cooldownMs,
      perDay,
    }),
  ],
  { error: 'expected `kind` to be webhook or command' },
);

const severitySchema: z.ZodType<Severity> = z.enum(['critical', 'warning', 'info']);

const patchShape: InputShape<RulePatch> = {
  name: named(200).optional(),
  when: ruleConditionSchema.optional(),
  on: selectorSchema.optional(),
  isEnabled: z.boolean().optional(),
  severity: severitySchema.optional(),
  forMs: z
    .int()
    .min(0)
    .max(7 * DAY_MS)
    .optional(),
  policy: idSchema.nullish(),
  recovery: recoverySchema.nullish(),
  text: prose(2000).optional(),
  runbook: words(2048).optional(),
  labels: labelsSchema.optional(),
};

const createShape: InputShape<RuleCreate> = {
  ...patchShape,
  id: idSchema.optional(),
  name: named(200),
  when: ruleConditionSchema,
};

/** What makes a rule: the body of a create. */
export const ruleCreateSchema: z.ZodType<RuleCreate> = z.strictObject(createShape).check(({ value, issues }) => {
  const flaw = ruleFlaw(value.when, value.on ?? null);
  if (flaw !== null) issues.push({ code: 'custom', path: ['on'], message: flaw, input: value.on });
});

/** Whether what is changed fits what stays is checked against the record (`ruleFlaw`). */
export const rulePatchSchema: z.ZodType<RulePatch> = z.strictObject(patchShape);

/** Why a condition cannot be asked of the selected records, or null. */
export function ruleFlaw(when: RuleCondition, on: Selector | null): string | null {
  if (on === null) return null;
  const about = ABOUT[when.kind];
  return about.includes(on.collection)
    ? null
    : `found ${on.collection}, expected ${about.join(' or ')}: only they have what the condition \`${when.kind}\` asks for`;
}

/** The records a condition is about when nobody said which. */
export function selectorOf(when: RuleCondition): Selector {
  return { collection: ABOUT[when.kind][0] ?? 'services', where: null };
}

const shape: Shape<Rule> = {
  ...envelopeShape,
  name: z.string(),
  isEnabled: z.boolean(),
  builtin: z.string().nullable(),
  severity: severitySchema,
  on: selectorSchema,
  when: ruleConditionSchema,
  forMs: z.int().min(0),
  policy: z.string().nullable(),
  recovery: recoverySchema.nullable(),
  text: z.string(),
  runbook: z.string(),
  tried: z.record(z.string(), z.array(instant)),
};

/** Every field of a rule, as a schema. */
export const ruleRow: z.ZodType<Rule> = z.object(shape);

export const rules: Collection = describeCollection({
  name: 'rules',
  kind: 'plain',
  row: ruleRow,
  create: ruleCreateSchema,
  patch: rulePatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'admin' },
  owns: { api: Object.keys(patchShape), report: [] },
});
