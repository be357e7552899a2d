import type { RunRow } from '../run.ts';

/** Long work: a stream, a scan, a bulk operation, anything with progress. */
export interface Job extends RunRow {
  readonly kind: string;
  readonly owner: string | null;
  readonly goal: string;
}
