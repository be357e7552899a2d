import type { Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Applier } from './apply.ts';
import type { Database } from './database.ts';
import type { Mark } from './mark.ts';
import type { CapturePlan, TablePlan } from './plan.ts';
import type { AnyPlan } from './plans.ts';
import type { Told } from './told.ts';

/** What one run of a capture is handed, whatever it follows. */
export interface FeedDeps<P extends AnyPlan> {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly plan: P;
  readonly applier: Applier;
  readonly told: Told;
  readonly signal: AbortSignal;
  /** How far the runs before this one came. */
  mark(): Promise<Mark | null>;
  /** Ids of the records that a table has made. */
  idsOf(plan: TablePlan): Iterable<string>;
}

/** The same of a PostgreSQL, whichever way it is followed. */
export interface RunDeps extends FeedDeps<CapturePlan> {
  open(isReplication: boolean): Promise<Result<Database>>;
}
