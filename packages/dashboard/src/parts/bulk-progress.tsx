import { CircleStop, Undo2, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { count } from '../lib/format.ts';
import { cancelRun } from '../live/command.ts';
import { useRecordOf } from '../live/rows.ts';
import { undoBulk } from '../rest/bulk.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { isOver, lookOfRun, ProgressLine } from './progress.tsx';
import { Badge } from './status.tsx';
import { failedToast } from './toast.tsx';

/** A bulk job while it runs and after: how far, what was refused, and the way back. Stays until it is put away. */
export function BulkProgress({
  id,
  onShow,
  onClose,
}: {
  id: string;
  /** Shows another job: the one that takes this back. */
  onShow: (id: string) => void;
  onClose: () => void;
}): ReactNode {
  const { row } = useRecordOf('jobs', id);
  const [busy, setBusy] = useState(false);
  const [isListed, setListed] = useState(false);
  const bulk = row?.bulk ?? null;
  if (row === null || bulk === null) return null;
  const isDone = isOver(row);
  const undo = async (): Promise<void> => {
    setBusy(true);
    const begun = await undoBulk(id);
    setBusy(false);
    if (begun.ok) onShow(begun.value.id);
    else failedToast(begun.problem);
  };
  return (
    <section aria-label="Bulk job" className="overlay-in pane w-full max-w-2xl bg-raised p-3 shadow-overlay">
      <div className="flex items-center gap-3">
        <Badge look={lookOfRun(row)} />
        <p className="min-w-0 flex-1 truncate text-sm font-medium">{row.title}</p>
        {bulk.failed > 0 && (
          <Button size="small" tone="ghost" className="text-down" onClick={() => setListed(true)}>
            {count(bulk.failed)} refused
          </Button>
        )}
        {!isDone && (
          <Button size="small" disabled={row.cancelRequested} onClick={() => void cancelRun('jobs', id)}>
            <CircleStop aria-hidden /> Cancel
          </Button>
        )}
        {isDone && bulk.undoable > 0 && bulk.undoneBy === null && bulk.undoOf === null && (
          <Button size="small" busy={busy} onClick={() => void undo()}>
            <Undo2 aria-hidden /> Undo
          </Button>
        )}
        <Button size="icon" tone="ghost" aria-label="Put away" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      <ProgressLine run={row} className="mt-2" />
      {isListed && (
        <Dialog
          open
          onClose={() => setListed(false)}
          title={`${count(bulk.failed)} refused`}
          note="They are as they were; everything else was done."
        >
          <ul className="divide-y text-sm">
            {bulk.failures.map((failure) => (
              <li key={failure.id} className="py-2">
                <span className="code">{failure.id}</span>
                <span className="block text-muted">{failure.message}</span>
              </li>
            ))}
          </ul>
          {bulk.failed > bulk.failures.length && (
            <p className="mt-3 text-sm text-muted">and {count(bulk.failed - bulk.failures.length)} more</p>
          )}
        </Dialog>
      )}
    </section>
  );
}
