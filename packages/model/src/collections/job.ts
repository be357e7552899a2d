/**
 * Jobs: long work that is not an agent's run: a stream, a scan, a bulk operation. Same states, progress and lease
 * as executions, with an owner and a goal in words.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import { runReport, type InputShape, type RunReportFields } from '../report.ts';
import { count, idSchema, instant, named, prose, runShape, words, type Shape } from '../schema.ts';
import type { RunRow } from '../run.ts';

/** Long work: a stream, a scan, a bulk operation, anything with progress. */
export interface Job extends RunRow {
  readonly kind: string;
  readonly owner: string | null;
  readonly goal: string;
  /** What the server does to many records; null for every other job. */
  readonly bulk: Bulk | null;
}

/** A record that a bulk job could not do, and why. */
export interface BulkFailure {
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly [field: string]: string;
}

/** Work of the server on many records of one collection. */
export interface Bulk {
  readonly collection: string;
  /** `change`, `label`, `delete`, or a command of the collection; `undo` takes another job back. */
  readonly op: string;
  /** Records that were refused. */
  readonly failed: number;
  /** The first hundred of them. */
  readonly failures: readonly BulkFailure[];
  /** Records whose change can be taken back. */
  readonly undoable: number;
  /** Until when; null when nothing can be. */
  readonly undoUntil: number | null;
  /** The job that takes it back, or null. */
  readonly undoneBy: string | null;
  /** The job that this one takes back, or null. */
  readonly undoOf: string | null;
  /** Parts of what would have to be done to take it back. */
  readonly parts: number;
  readonly [field: string]: number | string | null | readonly BulkFailure[];
}

/** Fields of a report on a job. */
export interface JobReport extends RunReportFields {
  /** `stream`, `scan`, `bulk`, or a word of your own. */
  readonly kind?: string | undefined;
  readonly owner?: string | null | undefined;
  readonly goal?: string | undefined;
}

/** Body of `POST /v1/jobs`. Starts in state `running` unless another is given. */
export interface JobCreate extends JobReport {
  readonly id?: string | undefined;
  readonly title: string;
}

/** Body of `PATCH /v1/jobs/<id>`. */
export interface JobPatch extends JobReport {
  /** Asks the worker to stop; what it does about it comes as a report. */
  readonly cancelRequested?: boolean | undefined;
}

const reportShape: InputShape<JobReport> = {
  ...runReport,
  kind: words(64).optional(),
  owner: words(128).nullish(),
  goal: prose(1000).optional(),
};

/** What may be reported of a job. */
export const jobReportSchema: z.ZodType<JobReport> = z.strictObject(reportShape);

const createShape: InputShape<JobCreate> = { ...reportShape, id: idSchema.optional(), title: named(300) };
/** What makes a job: the body of a create. */
export const jobCreateSchema: z.ZodType<JobCreate> = z.strictObject(createShape);

const patchShape: InputShape<JobPatch> = { ...reportShape, cancelRequested: z.boolean().optional() };
/** What may be changed of a job: the body of a patch. */
export const jobPatchSchema: z.ZodType<JobPatch> = z.strictObject(patchShape);

const bulkSchema: z.ZodType<Bulk> = z.object({
  collection: z.string(),
  op: z.string(),
  failed: count,
  failures: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
  undoable: count,
  undoUntil: instant.nullable(),
  undoneBy: z.string().nullable(),
  undoOf: z.string().nullable(),
  parts: count,
});

const shape: Shape<Job> = {
  ...runShape,
  kind: z.string(),
  owner: z.string().nullable(),
  goal: z.string(),
  bulk: bulkSchema.nullable(),
};

/** Every field of a job, as a schema. */
export const jobRow: z.ZodType<Job> = z.object(shape);

const reported = [
  'kind',
  'owner',
  'goal',
  'title',
  'state',
  'reason',
  'attempt',
  'progress',
  'leaseMs',
  'labels',
  'observedAt',
];

export const jobs: Collection = describeCollection({
  name: 'jobs',
  kind: 'run',
  row: jobRow,
  create: jobCreateSchema,
  patch: jobPatchSchema,
  report: jobReportSchema,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'report', report: 'report' },
  owns: { api: [...reported, 'cancelRequested'], report: reported },
});
