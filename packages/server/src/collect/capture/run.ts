import type { Result } from '@statewire/protocol';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { Applier } from './apply.ts';
import type { Database } from './database.ts';
import type { Mark } from './mark.ts';
import type { CapturePlan, TablePlan } from './plan.ts';
import type { Told } from './told.ts';

/** What one run of a capture is handed, whichever way it follows its database. */
export interface RunDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly plan: CapturePlan;
  readonly applier: Applier;
  readonly told: Told;
  readonly signal: AbortSignal;
  open(isReplication: boolean): Promise<Result<Database>>;
  /** How far the runs before this one came. */
  mark(): Promise<Mark | null>;
  /** Ids of the records that a table has made. */
  idsOf(plan: TablePlan): Iterable<string>;
}
