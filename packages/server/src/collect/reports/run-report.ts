import type { ExecutionPatch, JobPatch, RunRow } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { RunReport } from '../../derive/run.ts';
import type { Draft } from '../../keep/commit-types.ts';
import { newId } from './new-id.ts';
import type { WriteDeps } from './deps.ts';

type RunFields = ExecutionPatch & JobPatch;

/** What is said of which run, by whom. */
export interface RunWords {
  readonly collection: 'executions' | 'jobs';
  readonly id: string;
  /** Fields read by the collection's report, create or patch schema. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cancelRequested?: boolean | undefined;
  readonly sourceId: string;
}

/** An id for a run that came without one. */
export function runId(deps: Pick<WriteDeps, 'clock'>, collection: string): string {
  return newId(deps.clock, collection === 'jobs' ? 'job' : 'run');
}

/** A report on an execution or job. Makes the run when it is not known yet. */
export function applyRunReport(deps: Pick<WriteDeps, 'engine'>, draft: Draft, words: RunWords): Result<RunRow> {
  const { engine } = deps;
  const { collection, id } = words;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a schema of the collection has read them.
  const fields = words.fields as RunFields;
  const known = draft.get(collection, id);
  const isOurs = known !== null && collection === 'jobs' && (known['bulk'] ?? null) !== null;
  if (isOurs && Object.keys(words.fields).some((field) => field !== 'cancelRequested')) {
    return refuse(
      'forbidden',
      `the server carries out ${collection}/${id} itself and says how far it is; cancel it instead`,
    );
  }
  if (known === null) {
    if (collection === 'executions' && fields.agent === undefined) {
      return refuse('bad_field', 'agent: found nothing, expected the agent of the new execution');
    }
    const born = collection === 'jobs' ? engine.bornJob() : engine.bornExecution({ agent: fields.agent ?? '' });
    draft.put(collection, id, born);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of a collection of kind run are RunRow.
  const before = (known ?? draft.get(collection, id)) as RunRow;
  const report = reportOf(collection, fields, {
    at: draft.now,
    sourceId: words.sourceId,
    // A run that is reported for the first time is under way, unless the report says otherwise.
    state: fields.state ?? (known === null ? 'running' : undefined),
    cancelRequested: words.cancelRequested ?? fields.cancelRequested,
  });
  const stepped = engine.stepRun(before, report, draft.now);
  if (!stepped.ok) return stepped;
  const { row, transitions } = stepped.value;
  if (row !== before) draft.put(collection, id, row);
  for (const transition of transitions) draft.transition({ ...transition, collection, id });
  return ok(row);
}

function reportOf(
  collection: 'executions' | 'jobs',
  fields: RunFields,
  from: Pick<RunReport, 'at' | 'sourceId' | 'state' | 'cancelRequested'>,
): RunReport {
  const { reason } = fields;
  return {
    ...from,
    seq: fields.seq ?? null,
    attempt: fields.attempt,
    done: fields.done,
    total: fields.total,
    unit: fields.unit,
    message: fields.message,
    stage: fields.stage,
    title: fields.title,
    leaseMs: fields.leaseMs,
    reason: reason === undefined ? undefined : { code: reason.code, text: reason.text ?? '' },
    steps: fields.steps,
    fields: plainFields(collection, fields),
  };
}

/** Fields that a report writes as they are. */
const PLAIN = {
  executions: ['labels', 'agent', 'parent'],
  jobs: ['labels', 'kind', 'owner', 'goal'],
} as const;

function plainFields(collection: 'executions' | 'jobs', fields: RunFields): JsonObject {
  const plain: Record<string, Json> = {};
  for (const name of PLAIN[collection]) {
    const value = fields[name];
    if (value !== undefined) plain[name] = value;
  }
  return plain;
}
