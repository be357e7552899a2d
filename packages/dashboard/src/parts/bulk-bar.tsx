import type { JsonObject } from '@statewire/protocol';
import { type ReactNode, useState } from 'react';
import { count } from '../lib/format.ts';
import { beginBulk, type Which } from '../rest/bulk.ts';
import type { Problem } from '../rest/request.ts';
import { BulkProgress } from './bulk-progress.tsx';
import { Button } from './button.tsx';
import { failedToast } from './toast.tsx';

interface DockProps {
  /** The job that is watched; it stands in the address. */
  readonly job: string | undefined;
  readonly onJob: (id: string | undefined) => void;
  /** The bar of what is selected, if anything is. */
  readonly children?: ReactNode;
}

/** What floats over the end of a list: the bulk job that is watched, and below it the bar of what is selected. */
export function BulkDock({ job, onJob, children }: DockProps): ReactNode {
  return (
    <div className="pointer-events-none fixed inset-x-0 bottom-20 z-30 flex flex-col items-center gap-2 px-4 *:pointer-events-auto md:bottom-6">
      {job !== undefined && <BulkProgress id={job} onShow={onJob} onClose={() => onJob(undefined)} />}
      {children}
    </div>
  );
}

interface BarProps {
  readonly label: string;
  /** How many are chosen. */
  readonly chosen: number;
  /** How many there are in the list as it is filtered. */
  readonly total: number;
  /** Chooses all of them; absent where there is nothing more to choose. */
  readonly onAll?: (() => void) | undefined;
  /** All that match are chosen, whichever they are. */
  readonly isAll: boolean;
  readonly onClear: () => void;
  /** What can be done to them. */
  readonly children: ReactNode;
}

/** The bar of a list in which something is selected. */
export function BulkBar({ label, chosen, total, onAll, isAll, onClear, children }: BarProps): ReactNode {
  return (
    <div
      role="toolbar"
      aria-label={label}
      className="overlay-in pane flex w-fit max-w-full flex-wrap items-center gap-1 bg-raised p-1.5 pl-4 shadow-overlay"
    >
      <span className="mr-2 text-sm font-medium whitespace-nowrap">
        {isAll ? `All ${count(total)} that match` : `${count(chosen)} selected`}
      </span>
      {onAll !== undefined && (
        <Button tone="ghost" onClick={onAll}>
          Select all {count(total)}
        </Button>
      )}
      {children}
      <Button tone="ghost" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}

/** Begins a bulk job and has it watched; what went wrong comes back. */
export async function startBulk(
  onJob: (id: string) => void,
  collection: string,
  which: Which,
  op: string,
  fields?: JsonObject,
): Promise<Problem | null> {
  const begun = await beginBulk(collection, which, op, fields);
  if (!begun.ok) return begun.problem;
  onJob(begun.value.id);
  return null;
}

/** The same from a button: what went wrong is said in a toast. Busy until the server has the plan. */
export function useBulk(
  collection: string,
  onJob: (id: string) => void,
): {
  readonly busy: boolean;
  readonly begin: (ids: readonly string[], op: string, fields?: JsonObject) => Promise<Problem | null>;
  readonly press: (ids: readonly string[], op: string, fields?: JsonObject) => void;
} {
  const [busy, setBusy] = useState(false);
  const begin = async (ids: readonly string[], op: string, fields?: JsonObject): Promise<Problem | null> => {
    setBusy(true);
    const failed = await startBulk(onJob, collection, { ids }, op, fields);
    setBusy(false);
    return failed;
  };
  return {
    busy,
    begin,
    press: (ids, op, fields) => void begin(ids, op, fields).then((failed) => failed !== null && failedToast(failed)),
  };
}
