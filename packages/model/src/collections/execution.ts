/**
 * Executions: one run of one agent, with its steps. Reporters write them; a lease says when a silent one counts
 * as lost.
 */
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import { runReport, type InputShape, type RunReportFields } from '../report.ts';
import { idSchema, instant, named, runShape, words, type Shape } from '../schema.ts';
import type { RunRow } from '../run.ts';

/** One step of an execution. */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly [field: string]: string | number | null;
}

/** One run of an agent. */
export interface Execution extends RunRow {
  readonly agent: string;
  readonly parent: string | null;
  /** The last 50 steps. */
  readonly steps: readonly Step[];
}

/** One step as a reporter says it; times default to null. */
export interface StepInput {
  readonly id: string;
  readonly title?: string | undefined;
  readonly state?: string | undefined;
  readonly startedAt?: number | null | undefined;
  readonly endedAt?: number | null | undefined;
}

/** Fields of a report on an execution. The first one names the agent. */
export interface ExecutionReport extends RunReportFields {
  readonly agent?: string | undefined;
  readonly parent?: string | null | undefined;
  /** Steps to add, or to update by their id; the last 50 are kept. */
  readonly steps?: readonly StepInput[] | undefined;
}

/** Body of `POST /v1/executions`. Starts in state `running` unless another is given. */
export interface ExecutionCreate extends ExecutionReport {
  readonly id?: string | undefined;
  readonly agent: string;
  readonly title: string;
}

/** Body of `PATCH /v1/executions/<id>`. */
export interface ExecutionPatch extends ExecutionReport {
  /** Asks the agent to stop; what it does about it comes as a report. */
  readonly cancelRequested?: boolean | undefined;
}

const stepInput: z.ZodType<StepInput> = z.strictObject({
  id: words(128),
  title: words(300).optional(),
  state: words(64).optional(),
  startedAt: instant.nullish(),
  endedAt: instant.nullish(),
});

const reportShape: InputShape<ExecutionReport> = {
  ...runReport,
  agent: idSchema.optional(),
  parent: idSchema.nullish(),
  steps: z.array(stepInput).max(50).optional(),
};

/** What may be reported of an execution. */
export const executionReportSchema: z.ZodType<ExecutionReport> = z.strictObject(reportShape);

const createShape: InputShape<ExecutionCreate> = {
  ...reportShape,
  id: idSchema.optional(),
  agent: idSchema,
  title: named(300),
};
/** What makes an execution: the body of a create. */
export const executionCreateSchema: z.ZodType<ExecutionCreate> = z.strictObject(createShape);

const patchShape: InputShape<ExecutionPatch> = { ...reportShape, cancelRequested: z.boolean().optional() };
/** What may be changed of an execution: the body of a patch. */
export const executionPatchSchema: z.ZodType<ExecutionPatch> = z.strictObject(patchShape);

const shape: Shape<Execution> = {
  ...runShape,
  agent: z.string(),
  parent: z.string().nullable(),
  steps: z
    .array(
      z.object({
        id: z.string(),
        title: z.string(),
        state: z.string(),
        startedAt: instant.nullable(),
        endedAt: instant.nullable(),
      }),
    )
    .max(50),
};

/** Every field of an execution, as a schema. */
export const executionRow: z.ZodType<Execution> = z.object(shape);

const reported = [
  'agent',
  'parent',
  'steps',
  'title',
  'state',
  'reason',
  'attempt',
  'progress',
  'leaseMs',
  'labels',
  'observedAt',
];

export const executions: Collection = describeCollection({
  name: 'executions',
  kind: 'run',
  row: executionRow,
  create: executionCreateSchema,
  patch: executionPatchSchema,
  report: executionReportSchema,
  fields: Object.keys(shape),
  access: { read: 'read', write: 'report', report: 'report' },
  owns: { api: [...reported, 'cancelRequested'], report: reported },
});
