import type { Change } from '../keep/commit-types.ts';
import type { View } from './view.ts';

/** Whoever is offered each change that may concern a filter. */
export interface Audience {
  /** Marks those already offered the present change. */
  stamp: number;
  take(heard: Heard): void;
}

/** One change on its way. */
export interface Heard {
  readonly change: Change;
  /** The names of the fields that changed; null when the record is new or gone. */
  readonly fields: readonly string[] | null;
  /** Views that are not the same after it. */
  readonly touched: View[];
}

/** Is any of the names in the set? */
export function hasAny(set: ReadonlySet<string>, names: readonly string[]): boolean {
  for (const name of names) if (set.has(name)) return true;
  return false;
}
