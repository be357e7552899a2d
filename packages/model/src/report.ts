/**
 * Reports: what a reporter says of a thing it watches. `readReport` is the one way in for every door
 * (`POST /v1/reports`, the SDK, the command line); the pieces below are shared by the collections' report schemas.
 */
import { isRecordId, ok, refuse, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { Collection } from './define.ts';
import { explain } from './explain.ts';
import type { RunState } from './run.ts';
import {
  codeWord,
  count,
  healthSchema,
  instant,
  keySchema,
  labelsSchema,
  prose,
  runStateSchema,
  words,
} from './schema.ts';
import type { Health } from './status.ts';

/** Fields that every report may carry. */
export interface ReportBase {
  /** The source's own time, epoch ms; data only, the server's receive time decides freshness. */
  readonly observedAt?: number | undefined;
  /** The source's own counter; an older one is recorded and never moves state. */
  readonly seq?: number | undefined;
  readonly reason?: ReportReason | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Why: a code for programs, a sentence for people. */
export interface ReportReason {
  readonly code: string;
  readonly text?: string | undefined;
}

/** Fields that reports of status-bearing records may carry. */
export interface StatusReport extends ReportBase {
  readonly health?: Health | undefined;
  /** Believe it at once, without counting observations. */
  readonly final?: boolean | undefined;
  readonly facts?: Readonly<Record<string, ReportFact>> | undefined;
  readonly latencyMs?: number | undefined;
  /** The next report comes within this time; without one the record becomes late, then expires. */
  readonly periodMs?: number | undefined;
}

/** One fact that a report states. */
export interface ReportFact {
  readonly v: 'fail' | 'ok' | 'skip' | 'unknown' | 'warn';
  readonly code?: string | undefined;
  readonly text?: string | undefined;
  readonly ms?: number | null | undefined;
}

/** Fields that reports of runs may carry. */
export interface RunReportFields extends ReportBase {
  readonly title?: string | undefined;
  readonly state?: RunState | undefined;
  readonly final?: boolean | undefined;
  readonly done?: number | undefined;
  readonly total?: number | null | undefined;
  readonly unit?: string | undefined;
  readonly message?: string | undefined;
  readonly stage?: string | undefined;
  readonly leaseMs?: number | undefined;
  readonly attempt?: number | undefined;
}

/** One schema per field of T, optional fields included. */
export type InputShape<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

const reasonInput: z.ZodType<ReportReason> = z.strictObject({ code: codeWord, text: prose(500).optional() });

const factInput: z.ZodType<ReportFact> = z.strictObject({
  v: z.enum(['ok', 'warn', 'fail', 'unknown', 'skip']),
  code: codeWord.optional(),
  text: prose(500).optional(),
  ms: z.number().min(0).nullish(),
});

const reportBase: InputShape<ReportBase> = {
  observedAt: instant.optional(),
  seq: count.optional(),
  reason: reasonInput.optional(),
  labels: labelsSchema.optional(),
};

export const statusReport: InputShape<StatusReport> = {
  ...reportBase,
  health: healthSchema.optional(),
  final: z.boolean().optional(),
  facts: z
    .record(keySchema, factInput)
    .refine((facts) => Object.keys(facts).length <= 32, { error: 'expected at most 32 facts' })
    .optional(),
  latencyMs: z.number().min(0).max(86_400_000).optional(),
  periodMs: z
    .int()
    .min(1000)
    .max(31 * 86_400_000)
    .optional(),
};

export const runReport: InputShape<RunReportFields> = {
  ...reportBase,
  title: words(300).optional(),
  state: runStateSchema.optional(),
  final: z.boolean().optional(),
  done: z.number().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  total: z.number().min(0).max(Number.MAX_SAFE_INTEGER).nullish(),
  unit: words(32).optional(),
  message: prose(1000).optional(),
  stage: words(128).optional(),
  leaseMs: z
    .int()
    .min(1000)
    .max(31 * 86_400_000)
    .optional(),
  attempt: z.int().min(1).max(1_000_000).optional(),
};

/** A report that was read: what it is about, and its checked fields (without `collection` and `id`). */
export interface ReadReport {
  readonly collection: Collection;
  /** Null when the report named none; connections and runs may be made without one. */
  readonly id: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads `{collection, id?, ...fields}` against the collection's report schema. */
export function readReport(raw: unknown, collectionOf: (name: string) => Collection | null): Result<ReadReport> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return refuse('bad_request', `report: found ${kind(raw)}, expected an object {collection, id, ...fields}`);
  }
  const given: Readonly<Record<string, unknown>> = { ...raw };
  const { collection: name, id = null, ...rest } = given;
  if (typeof name !== 'string')
    return refuse('bad_request', `collection: found ${kind(name)}, expected a name such as "agents"`);
  const collection = collectionOf(name);
  if (collection === null)
    return refuse(
      'unknown_collection',
      `found collection ${JSON.stringify(name.slice(0, 64))}, expected services, connections, agents, executions or jobs`,
    );
  if (collection.report === null)
    return refuse('unsupported', `${collection.name} are written by the server; nobody reports them`);
  if (id !== null && (typeof id !== 'string' || !isRecordId(id))) {
    return refuse('bad_field', 'id: expected 1 to 128 characters of A-Z a-z 0-9 . _ : @ -');
  }
  const fields = collection.report.safeParse(rest);
  if (!fields.success) return refuse('bad_field', explain(fields.error, rest));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: every report schema is a strict object.
  return ok({ collection, id, fields: fields.data as Record<string, unknown> });
}

function kind(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
