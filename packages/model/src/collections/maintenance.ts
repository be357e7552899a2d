/**
 * Maintenances: spans in which records are expected to misbehave. A record inside one shows `maintenance`, keeps
 * measuring and keeps its true health; its time counts neither for nor against it.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { isZone, parseRecurrence } from '../recurrence.ts';
import type { InputShape } from '../report.ts';
import { count, envelopeShape, idSchema, instant, labelsSchema, named, prose, words, type Shape } from '../schema.ts';
import { selectorFields, selectorSchema, type Selector } from '../selector.ts';

/** From (inclusive) to (exclusive), epoch ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly [field: string]: number;
}

/** When: one window, or windows by an RRULE whose times are those of the zone's clocks. */
export type MaintenanceSchedule =
  | { readonly kind: 'once'; readonly from: number; readonly to: number; readonly [f: string]: string | number }
  | {
      readonly kind: 'repeat';
      readonly rrule: string;
      readonly durationMs: number;
      readonly zone: string;
      readonly from: number;
      readonly until: number | null;
      readonly [f: string]: string | number | null;
    };

/** Where a maintenance stands. */
export type MaintenanceState = 'scheduled' | 'active' | 'completed' | 'canceled';

/** A maintenance: what, whom, when, and how far it is. */
export interface Maintenance extends Envelope {
  readonly title: string;
  readonly text: string;
  readonly selector: Selector;
  readonly schedule: MaintenanceSchedule;
  readonly state: MaintenanceState;
  /** The present window while active, the next one while scheduled. */
  readonly window: Span | null;
  /** Windows that were, newest last; at most 50. */
  readonly past: readonly Span[];
  /** `collection/id` of the records it means now; at most 1000 are named, `affectedCount` counts all. */
  readonly affected: readonly string[];
  readonly affectedCount: number;
  /** Announced on status pages that show an affected service. */
  readonly isPublic: boolean;
  readonly by: string;
  readonly endedAt: number | null;
  /** When it next begins or ends by itself. */
  readonly nextAt: number | null;
}

/** A schedule as a caller writes it. `from` is now when left out; a window needs `to` or `durationMs`. */
export type ScheduleInput =
  | {
      readonly kind: 'once';
      readonly from?: number | undefined;
      readonly to?: number | undefined;
      readonly durationMs?: number | undefined;
    }
  | {
      readonly kind: 'repeat';
      /** An RRULE, or the lines a calendar gives for it; `DTSTART`, `TZID` and the length may come from there. */
      readonly rrule: string;
      readonly durationMs?: number | undefined;
      readonly zone?: string | undefined;
      readonly from?: number | undefined;
      readonly until?: number | null | undefined;
    };

/** Body of `POST /v1/maintenances`. A window that has begun begins now; what lies behind is marked afterwards. */
export interface MaintenanceCreate {
  readonly id?: string | undefined;
  readonly title: string;
  readonly text?: string | undefined;
  readonly selector: Selector;
  readonly schedule: ScheduleInput;
  readonly isPublic?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Body of `PATCH /v1/maintenances/<id>`. One that has ended keeps its selector and schedule. */
export interface MaintenancePatch {
  readonly title?: string | undefined;
  readonly text?: string | undefined;
  readonly selector?: Selector | undefined;
  readonly schedule?: ScheduleInput | undefined;
  readonly isPublic?: boolean | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const DAY_MS = 86_400_000;
/** A window is at least a minute and at most 90 days long. */
const durationSchema = z
  .int()
  .min(60_000)
  .max(90 * DAY_MS);
// Beyond these years a slip of the keyboard is likelier than a plan.
const timeSchema = z.int().min(946_684_800_000).max(4_102_444_800_000);
const zoneSchema = z.string().max(64).refine(isZone, { error: 'expected a time zone such as Europe/Berlin or UTC' });

const rruleSchema = z.string().check(({ value, issues }) => {
  const read = parseRecurrence(value);
  if (!read.ok) issues.push({ code: 'custom', message: read.message, input: value });
});

const onceInput = z
  .strictObject({
    kind: z.literal('once'),
    from: timeSchema.optional(),
    to: timeSchema.optional(),
    durationMs: durationSchema.optional(),
  })
  .check(({ value, issues }) => {
    const { from, to, durationMs } = value;
    if ((to === undefined) === (durationMs === undefined))
      issues.push({ code: 'custom', path: ['to'], message: 'expected one of `to` and `durationMs`', input: to });
    else if (from !== undefined && to !== undefined && (to <= from || to - from > 90 * DAY_MS))
      issues.push({
        code: 'custom',
        path: ['to'],
        message: 'expected a time after `from`, at most 90 days',
        input: to,
      });
  });

const repeatInput = z
  .strictObject({
    kind: z.literal('repeat'),
    rrule: rruleSchema.meta({ description: 'RFC 5545', example: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0' }),
    durationMs: durationSchema.optional(),
    zone: zoneSchema.optional(),
    from: timeSchema.optional(),
    until: timeSchema.nullish(),
  })
  .check(({ value, issues }) => {
    const read = parseRecurrence(value.rrule);
    if (!read.ok) return;
    const { start, zone, durationMs } = read.value;
    const twice = (field: 'from' | 'zone' | 'durationMs', word: string): void => {
      const message = `found it here and as ${word} in the rule, expected it in one place`;
      issues.push({ code: 'custom', path: [field], message, input: value[field] });
    };
    if (start !== null && value.from !== undefined) twice('from', 'DTSTART');
    if (zone !== null && value.zone !== undefined && value.zone !== zone) twice('zone', 'TZID');
    if (durationMs !== null && value.durationMs !== undefined) twice('durationMs', 'DURATION or DTEND');
    if (durationMs === null && value.durationMs === undefined)
      issues.push({ code: 'custom', path: ['durationMs'], message: 'expected the length of a window', input: null });
    if (durationMs !== null && !durationSchema.safeParse(durationMs).success)
      issues.push({ code: 'custom', path: ['rrule'], message: 'expected windows of 1 minute to 90 days', input: null });
  });

/** When a maintenance is, as it is asked for. */
export const scheduleInputSchema: z.ZodType<ScheduleInput> = z.discriminatedUnion('kind', [onceInput, repeatInput]);

/**
 * Whom a maintenance means must not follow from what it does, or from what is measured: a record that it puts under
 * maintenance would leave the selection and come back for ever.
 */
const SET_BY_PEOPLE: Readonly<Record<string, readonly string[]>> = {
  services: ['id', 'name', 'kind', 'target', 'description', 'group', 'labels', 'managedBy', 'createdAt'],
  agents: ['id', 'name', 'labels', 'platform', 'release', 'createdAt'],
  connections: ['id', 'agent', 'service', 'labels', 'createdAt'],
};

/** Reads whom a maintenance means. */
export const maintenanceSelectorSchema: z.ZodType<Selector> = selectorSchema.check(({ value, issues }) => {
  const allowed = SET_BY_PEOPLE[value.collection];
  if (allowed === undefined) {
    const message = `found ${value.collection}, expected services, agents or connections: only they have a status to hold`;
    issues.push({ code: 'custom', path: ['collection'], message, input: value.collection });
    return;
  }
  const moving = selectorFields(value).find((field) => !allowed.includes(field));
  if (moving !== undefined) {
    const message = `found a condition on ${moving}, which is measured and would change during the maintenance; expected ${allowed.join(', ')}`;
    issues.push({ code: 'custom', path: ['where'], message, input: value.where });
  }
});

const createShape: InputShape<MaintenanceCreate> = {
  id: idSchema.optional(),
  title: named(200),
  text: prose(4000).optional(),
  selector: maintenanceSelectorSchema,
  schedule: scheduleInputSchema,
  isPublic: z.boolean().optional(),
  labels: labelsSchema.optional(),
};

/** What makes a maintenance: the body of a create. */
export const maintenanceCreateSchema: z.ZodType<MaintenanceCreate> = z.strictObject(createShape);

const patchShape: InputShape<MaintenancePatch> = {
  title: named(200).optional(),
  text: prose(4000).optional(),
  selector: maintenanceSelectorSchema.optional(),
  schedule: scheduleInputSchema.optional(),
  isPublic: z.boolean().optional(),
  labels: labelsSchema.optional(),
};

/** What may be changed of a maintenance: the body of a patch. */
export const maintenancePatchSchema: z.ZodType<MaintenancePatch> = z.strictObject(patchShape);

const spanSchema: z.ZodType<Span> = z.object({ from: instant, to: instant });
const scheduleSchema: z.ZodType<MaintenanceSchedule> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('once'), from: instant, to: instant }),
  z.object({
    kind: z.literal('repeat'),
    rrule: z.string(),
    durationMs: z.int(),
    zone: z.string(),
    from: instant,
    until: instant.nullable(),
  }),
]);

const shape: Shape<Maintenance> = {
  ...envelopeShape,
  title: z.string(),
  text: z.string(),
  selector: selectorSchema,
  schedule: scheduleSchema,
  state: z.enum(['scheduled', 'active', 'completed', 'canceled']),
  window: spanSchema.nullable(),
  past: z.array(spanSchema),
  affected: z.array(words(256)),
  affectedCount: count,
  isPublic: z.boolean(),
  by: z.string(),
  endedAt: instant.nullable(),
  nextAt: instant.nullable(),
};

/** Every field of a maintenance, as a schema. */
export const maintenanceRow: z.ZodType<Maintenance> = z.object(shape);

export const maintenances: Collection = describeCollection({
  name: 'maintenances',
  kind: 'plain',
  row: maintenanceRow,
  create: maintenanceCreateSchema,
  patch: maintenancePatchSchema,
  report: null,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'operate' },
  owns: { api: ['title', 'text', 'selector', 'schedule', 'isPublic', 'labels'], report: [] },
});
