/**
 * The schema pieces that collections share. Not exported one by one to users: a collection's own file is
 * where to read what its records look like.
 */
import { isForbiddenKey, isRecordId, type Json, type JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import type { Envelope, Source } from './envelope.ts';
import { SERVICE_KINDS, type ServiceKind } from './service-kind.ts';
import { RUN_STATES, type Progress, type RunRow, type RunState } from './run.ts';
import {
  STATUSES,
  type Fact,
  type Flap,
  type Health,
  type Overlay,
  type Override,
  type Reason,
  type Recent,
  type StatusRow,
  type Suspect,
  type UptimeValue,
  type UptimeWindows,
} from './status.ts';

/** A record id: 1-128 of `A-Z a-z 0-9 . _ : @ -`, neither `.` nor `..`, so that it fits a URL as it is. */
export const idSchema: z.ZodType<string> = z
  .string()
  .refine(isRecordId, { error: 'expected 1 to 128 characters of A-Z a-z 0-9 . _ : @ -' })
  .meta({ description: 'Record id', example: 'search-api' });

/** What kind of check a service is looked at by. */
export const serviceKindSchema: z.ZodType<ServiceKind> = z.enum(SERVICE_KINDS);

/** One line of text without control characters. */
export function words(max: number): z.ZodType<string> {
  return z.string().max(max).refine(hasNoControls, { error: 'expected text without control characters' });
}

/** A name that must say something. */
export function named(max: number): z.ZodType<string> {
  return words(max).refine((text) => text.trim() !== '', { error: 'expected a name, found only blanks' });
}

/** Text that may have several lines. */
export function prose(max: number): z.ZodType<string> {
  return z
    .string()
    .max(max)
    .refine((text) => hasNoControls(text.replaceAll(/[\n\r\t]/g, ' ')), {
      error: 'expected text without control characters',
    });
}

/** A code a program can act on: `refused`, `http_500`. */
export const codeWord: z.ZodType<string> = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_.:-]*$/, { error: 'expected a code of A-Z a-z 0-9 _ . : -' });

/** A key of an object that people name: a label, a fact, a metric. */
export const keySchema: z.ZodType<string, string> = z
  .string()
  .min(1)
  .max(128)
  .refine((key) => hasNoControls(key) && !isForbiddenKey(key), { error: 'expected a plain word as key' });

const LABELS_MAX = 32;

/** Free words for grouping. At most 32, keys and values up to 128 characters. */
export const labelsSchema: z.ZodType<Readonly<Record<string, string>>> = z
  .record(keySchema, words(128))
  .refine((labels) => Object.keys(labels).length <= LABELS_MAX, { error: `expected at most ${LABELS_MAX} labels` })
  .meta({ description: 'Free words for grouping', example: { team: 'search', env: 'prod' } });

/** Another record: `services/shop`. */
export const refSchema: z.ZodType<string> = z
  .string()
  .max(193)
  .refine(isRef, { error: 'expected a collection and an id such as services/shop' });

/** Epoch milliseconds. */
export const instant: z.ZodType<number> = z.int().min(0);

/** A count. */
export const count: z.ZodType<number> = z.int().min(0);

/** A plain JSON object that a caller hands over whole; at most 16 KiB as text. */
export const plainObject: z.ZodType<JsonObject> = z
  .record(keySchema, z.json())
  .refine((value) => JSON.stringify(value).length <= 16_384, { error: 'expected at most 16384 characters of JSON' })
  .refine((value) => !hasForbiddenKey(value), { error: 'a key is __proto__, constructor or prototype; rename it' });

/** What an app keeps with a record for itself; at most 8 KiB as text. */
export const attributesSchema: z.ZodType<JsonObject> = z
  .record(keySchema, z.json())
  .refine((value) => JSON.stringify(value).length <= 8_192, { error: 'expected at most 8192 characters of JSON' })
  .refine((value) => !hasForbiddenKey(value), { error: 'a key is __proto__, constructor or prototype; rename it' });

/** Words to find a record by; each counts once. */
export const tagsSchema: z.ZodType<readonly string[]> = z
  .array(named(64))
  .max(32)
  .transform((tags) => [...new Set(tags)]);

export const healthSchema: z.ZodType<Health> = z.enum(['healthy', 'degraded', 'unhealthy', 'unknown']);

export const runStateSchema: z.ZodType<RunState> = z.enum(RUN_STATES);

const sourceSchema: z.ZodType<Source> = z.object({ kind: z.string(), id: z.string(), seq: z.number().nullable() });
const reasonSchema: z.ZodType<Reason> = z.object({ code: z.string(), text: z.string() });
const factSchema: z.ZodType<Fact> = z.object({
  v: z.enum(['ok', 'warn', 'fail', 'unknown', 'skip']),
  code: z.string(),
  text: z.string(),
  ms: z.number().nullable(),
  at: instant,
  since: instant,
});
const suspectSchema: z.ZodType<Suspect> = z.object({ to: healthSchema, n: count, of: count, since: instant });
const overrideSchema: z.ZodType<Override> = z.object({
  status: z.enum(STATUSES),
  until: instant,
  by: z.string(),
  reason: z.string(),
});
const overlaySchema: z.ZodType<Overlay> = z.object({
  maintenance: z.string().nullable(),
  muted: z.boolean(),
  acked: z.boolean(),
  flapping: z.boolean(),
  impactedBy: z.string().nullable(),
});
const recentSchema: z.ZodType<Recent> = z.object({
  bar: z.string().max(40),
  ms: z.array(z.number().nullable()).max(40),
});
const uptimeValueSchema: z.ZodType<UptimeValue> = z.object({
  pct: z.number().min(0).max(100).nullable(),
  coverage: z.number().min(0).max(1),
});
const uptimeSchema: z.ZodType<UptimeWindows> = z.object({
  h24: uptimeValueSchema,
  d7: uptimeValueSchema,
  d30: uptimeValueSchema,
  d90: uptimeValueSchema,
});
const flapSchema: z.ZodType<Flap> = z.object({ score: z.number(), at: z.number() });
const progressSchema: z.ZodType<Progress> = z.object({
  done: z.number(),
  total: z.number().nullable(),
  unit: z.string(),
  pct: z.number().nullable(),
  message: z.string(),
  stage: z.string(),
});

/**
 * One schema per field of T: the compiler refuses a field without a schema and a schema of another type. Shapes
 * are not schemas: a collection spreads them into its row and reads its field names off them.
 */
export type Shape<T> = {
  readonly [K in keyof T as string extends K ? never : number extends K ? never : K]: z.ZodType<T[K]>;
};

/** Fields of every record. */
export const envelopeShape: Shape<Envelope> = {
  id: idSchema,
  org: z.string(),
  version: z.int().min(0),
  createdAt: instant,
  updatedAt: instant,
  observedAt: instant.nullable(),
  labels: labelsSchema,
  source: sourceSchema.nullable(),
};

/** Fields of every status-bearing record. */
export const statusShape: Shape<StatusRow> = {
  ...envelopeShape,
  desired: z.enum(['active', 'paused', 'retired']),
  phase: z.string(),
  facts: z.record(z.string(), factSchema),
  observed: healthSchema,
  health: healthSchema,
  suspect: suspectSchema.nullable(),
  fresh: z.enum(['never', 'live', 'late', 'expired']),
  overlay: overlaySchema,
  override: overrideSchema.nullable(),
  status: z.enum(STATUSES),
  reason: reasonSchema,
  since: instant,
  lastOkAt: instant.nullable(),
  lastBadAt: instant.nullable(),
  nextProbeAt: instant.nullable(),
  flaps: count,
  flap: flapSchema,
  recent: recentSchema,
  latencyMs: z.number().nullable(),
  dueAt: instant.nullable(),
  expiresAt: instant.nullable(),
  mutedUntil: instant.nullable(),
  uptime: uptimeSchema.nullable(),
  bar: z.string().max(90),
};

/** What records stored before these fields existed have in them. */
export const statusDefaults: JsonObject = { bar: '' };

/** Fields of every run. */
export const runShape: Shape<RunRow> = {
  ...envelopeShape,
  title: z.string(),
  state: runStateSchema,
  reason: reasonSchema,
  attempt: z.int().min(1),
  progress: progressSchema,
  rate: z.number().nullable(),
  etaMs: z.number().nullable(),
  movedAt: instant.nullable(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  cancelRequested: z.boolean(),
  leaseUntil: instant.nullable(),
  leaseMs: z.int().min(1),
};

function isRef(ref: string): boolean {
  const slash = ref.indexOf('/');
  return slash > 0 && /^[a-z][a-z-]{0,63}$/.test(ref.slice(0, slash)) && isRecordId(ref.slice(slash + 1));
}

function hasNoControls(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}

function hasForbiddenKey(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]: [string, Json]) => isForbiddenKey(key) || hasForbiddenKey(inner));
}
