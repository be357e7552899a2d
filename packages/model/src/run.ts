import type { Envelope } from './envelope.ts';

/** States of executions and jobs. The last five are terminal and never change again. */
export type RunState =
  | 'queued'
  | 'delayed'
  | 'running'
  | 'waiting_input'
  | 'waiting_dependency'
  | 'paused'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'timed_out'
  | 'lost';

/** All states, in the order in which a run may live through them. */
export const RUN_STATES: readonly RunState[] = [
  'queued',
  'delayed',
  'running',
  'waiting_input',
  'waiting_dependency',
  'paused',
  'succeeded',
  'failed',
  'canceled',
  'timed_out',
  'lost',
];

/** States that a run does not leave. */
export const TERMINAL_RUN_STATES: readonly RunState[] = ['succeeded', 'failed', 'canceled', 'timed_out', 'lost'];

/** How far a run is. `total` and `pct` are null when the end is not known. `done` never falls inside one attempt. */
export interface Progress {
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly pct: number | null;
  readonly message: string;
  readonly stage: string;
  readonly [field: string]: string | number | null;
}

/** Fields of executions and jobs. */
export interface RunRow extends Envelope {
  readonly title: string;
  readonly state: RunState;
  readonly reason: { readonly code: string; readonly text: string; readonly [f: string]: string };
  readonly attempt: number;
  readonly progress: Progress;
  /** Units per second over the recent reports, or null. */
  readonly rate: number | null;
  readonly etaMs: number | null;
  /** Epoch ms of the last report that moved `done`. */
  readonly movedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly cancelRequested: boolean;
  /** The lease: without a report by then the run is `lost`. Null once terminal or not started. */
  readonly leaseUntil: number | null;
  readonly leaseMs: number;
}
