import type { RunRow } from '../run.ts';

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
