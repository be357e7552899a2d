/**
 * The run engine for executions and jobs: one run, one report, one step. Pure, like step.ts.
 *
 *   queued <-> delayed --> running <-> waiting_input, waiting_dependency, paused --> succeeded failed canceled
 *                                                                                    timed_out lost
 *
 * A terminal run never changes again. A retry is a report with a higher `attempt`: it starts the run over, with its own
 * progress. Only running runs and those that wait for other work hold a lease; when it lapses the run is `lost`. A run
 * that waits for a person, or has not started, has nobody who could renew one.
 */
import {
  TERMINAL_RUN_STATES,
  type Execution,
  type Progress,
  type Reason,
  type RunRow,
  type RunState,
  type Step,
} from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { TransitionRow } from '../keep/store.ts';
import { limits } from '../lib/limits.ts';
import { etaMs, pctOf, rateAfter } from './pace.ts';

/** What a reporter says of a run. Absent fields stay as they are. */
export interface RunReport {
  /** Server receive time. */
  readonly at: number;
  /** The source's counter; an equal or older one of the same source is ignored. */
  readonly seq: number | null;
  readonly sourceId?: string | undefined;
  /** Which try this is about; absent means the present one. */
  readonly attempt?: number | undefined;
  readonly state?: RunState | undefined;
  readonly done?: number | undefined;
  readonly total?: number | null | undefined;
  readonly unit?: string | undefined;
  readonly message?: string | undefined;
  readonly stage?: string | undefined;
  readonly title?: string | undefined;
  readonly leaseMs?: number | undefined;
  readonly cancelRequested?: boolean | undefined;
  readonly reason?: Reason | undefined;
  /** Steps to add, or to update by id (executions only). */
  readonly steps?: readonly StepReport[] | undefined;
  /** Plain fields the reporter's role owns, already checked. */
  readonly fields?: JsonObject | undefined;
}

/** A step as reported: `id` names it, the rest updates it. */
export interface StepReport {
  readonly id: string;
  readonly title?: string | undefined;
  readonly state?: string | undefined;
  readonly startedAt?: number | null | undefined;
  readonly endedAt?: number | null | undefined;
}

/** What one report made of a run. `row` is the same reference when nothing moved. */
export interface RunStep {
  readonly row: RunRow;
  readonly transitions: readonly Omit<TransitionRow, 'org' | 'collection' | 'id' | 'recordedAt'>[];
}

const LEASE_MS_MIN = 5_000;
const LEASE_MS_MAX = 86_400_000;

/** Applies one report to one run. `gone`: the run has ended. `conflict`: that state cannot follow this one. */
export function stepRun(row: RunRow, report: RunReport, now: number): Result<RunStep> {
  const at = Math.min(report.at, now);
  if (isOld(row, report)) return ok({ row, transitions: [] });
  const attempt = report.attempt ?? row.attempt;
  if (attempt < row.attempt) {
    return refuse('gone', `attempt ${attempt} has ended, attempt ${row.attempt} is the present one`);
  }
  const isRetry = attempt > row.attempt;
  if (!isRetry && isTerminal(row.state)) {
    return refuse('gone', `the run has ended as ${row.state}; a retry is a report with attempt ${row.attempt + 1}`);
  }
  const base = isRetry ? started(row, attempt) : row;
  const state = report.state ?? (isRetry ? 'running' : row.state);
  if (!isRetry && !mayFollow(row.state, state)) {
    return refuse('conflict', `a run that is ${row.state} cannot become ${state} in the same attempt`);
  }
  return ok(moved(row, base, report, state, at));
}

/** Whether nothing can change a run any more (but a retry). */
export function isTerminal(state: RunState): boolean {
  return TERMINAL_RUN_STATES.includes(state);
}

/** Whether `to` may follow `from` inside one attempt. */
export function mayFollow(from: RunState, to: RunState): boolean {
  return from === to || NEXT[from].includes(to);
}

/** The lease ran out: the run is lost, as of the lease's end. Unchanged unless that lease still is the run's. */
export function lapseRun(row: RunRow, deadline: number, now: number): RunStep {
  if (row.leaseUntil !== deadline || deadline > now || !holdsLease(row.state)) return { row, transitions: [] };
  const reason = { code: 'lease_expired', text: 'No report within the lease.' };
  const lost: RunRow = { ...row, state: 'lost', reason, endedAt: deadline, leaseUntil: null, etaMs: null };
  return { row: lost, transitions: [{ at: deadline, from: row.state, to: 'lost', ...reason, cause: 'deadline' }] };
}

/** We were away: reports may have been lost in our own gap, so every lease holds for at least its length from now. */
export function awakeRun(row: RunRow, boot: number): RunRow {
  if (row.leaseUntil === null || row.leaseUntil >= boot + row.leaseMs) return row;
  return { ...row, leaseUntil: boot + row.leaseMs };
}

/** The next moment at which this run changes by itself, or null. */
export function nextRunDeadline(row: RunRow): number | null {
  return row.leaseUntil;
}

const ENDS: readonly RunState[] = TERMINAL_RUN_STATES;
const WAITS: readonly RunState[] = ['waiting_input', 'waiting_dependency', 'paused'];
const NEXT: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['delayed', 'running', ...WAITS, ...ENDS],
  delayed: ['queued', 'running', ...WAITS, ...ENDS],
  // Not back to queued: a late `queued` must never undo `running`. Being queued again is a new attempt.
  running: [...WAITS, ...ENDS],
  waiting_input: ['running', ...WAITS, ...ENDS],
  waiting_dependency: ['running', ...WAITS, ...ENDS],
  paused: ['running', ...WAITS, ...ENDS],
  succeeded: [],
  failed: [],
  canceled: [],
  timed_out: [],
  lost: [],
};

function holdsLease(state: RunState): boolean {
  return state === 'running' || state === 'waiting_dependency';
}

function isOld(row: RunRow, report: RunReport): boolean {
  if (report.seq === null || row.source === null || row.source.seq === null) return false;
  return row.source.id === (report.sourceId ?? '') && report.seq <= row.source.seq;
}

/** The run as a new attempt begins: what it is stays, how far it got starts over. */
function started(row: RunRow, attempt: number): RunRow {
  const clean: RunRow = {
    ...row,
    attempt,
    progress: { ...row.progress, done: 0, pct: pctOf(0, row.progress.total), message: '', stage: '' },
    rate: null,
    etaMs: null,
    movedAt: null,
    startedAt: null,
    endedAt: null,
    cancelRequested: false,
  };
  return isExecution(row) ? { ...clean, steps: [] } : clean;
}

function moved(before: RunRow, base: RunRow, report: RunReport, state: RunState, at: number): RunStep {
  const isMove = state !== before.state || base !== before;
  const isEnd = isTerminal(state);
  const hasStarted = base.startedAt !== null || (state !== 'queued' && state !== 'delayed');
  const startedAt = hasStarted ? (base.startedAt ?? at) : null;
  const progress = progressAfter(base.progress, report);
  const hasMoved = progress.done > base.progress.done;
  const rate = hasMoved
    ? rateAfter(base.rate, { units: progress.done - base.progress.done, ms: at - (base.movedAt ?? startedAt ?? at) })
    : base.rate;
  const leaseMs = Math.min(Math.max(report.leaseMs ?? base.leaseMs, LEASE_MS_MIN), LEASE_MS_MAX);
  const reason = report.reason ?? (isMove ? { code: state, text: '' } : before.reason);
  const row: RunRow = {
    ...base,
    ...report.fields,
    ...(isExecution(base) && report.steps !== undefined ? { steps: stepsAfter(base.steps, report.steps) } : {}),
    title: report.title ?? base.title,
    state,
    reason,
    progress,
    rate,
    etaMs: isEnd ? null : etaMs(progress, rate),
    movedAt: hasMoved ? at : base.movedAt,
    startedAt,
    endedAt: isEnd ? at : null,
    cancelRequested: report.cancelRequested ?? base.cancelRequested,
    leaseMs,
    leaseUntil: holdsLease(state) ? at + leaseMs : null,
    observedAt: at,
    source: { kind: 'report', id: report.sourceId ?? '', seq: report.seq ?? before.source?.seq ?? null },
  };
  return {
    row,
    transitions: isMove
      ? [{ at, from: before.state, to: state, code: reason.code, text: reason.text, cause: 'report' }]
      : [],
  };
}

function progressAfter(progress: Progress, report: RunReport): Progress {
  // Newest first is not a promise the network makes: a smaller `done` is an older one.
  const done = Math.max(progress.done, report.done ?? 0);
  const total = report.total === undefined ? progress.total : report.total;
  return {
    done,
    total,
    unit: report.unit ?? progress.unit,
    pct: pctOf(done, total),
    message: report.message ?? progress.message,
    stage: report.stage ?? progress.stage,
  };
}

/** Only executions have steps. */
function isExecution(row: RunRow): row is Execution {
  return 'steps' in row;
}

function stepsAfter(steps: readonly Step[], reported: readonly StepReport[]): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  for (const report of reported) {
    const known: Step = byId.get(report.id) ?? {
      id: report.id,
      title: '',
      state: 'running',
      startedAt: null,
      endedAt: null,
    };
    byId.set(report.id, {
      id: report.id,
      title: report.title ?? known.title,
      state: report.state ?? known.state,
      startedAt: report.startedAt === undefined ? known.startedAt : report.startedAt,
      endedAt: report.endedAt === undefined ? known.endedAt : report.endedAt,
    });
  }
  return [...byId.values()].slice(-limits.stepsMax);
}
