import type { Step } from '@statewire/model';
import { CircleStop } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, duration, exact, rate, words } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { cancelRun } from '../../live/command.ts';
import { useRecordOf } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copy.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { isOver, isStalled, lookOfRun, ProgressLine } from '../../parts/progress.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { Badge, type Look, runLooks, statusLooks } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { Fact, Facts } from '../service/pairs.tsx';
import type { Run } from './jobs.tsx';

/** One run in full, live: how far, how fast, what it is doing, and a way to ask it to stop. */
export function RunDetail({ path, onClose }: { path: string; onClose: () => void }): ReactNode {
  const at = path.indexOf('/');
  const id = path.slice(at + 1);
  return path.slice(0, at) === 'jobs' ? (
    <JobDetail id={id} onClose={onClose} />
  ) : (
    <ExecutionDetail id={id} onClose={onClose} />
  );
}

function JobDetail({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const { row, isLoading } = useRecordOf('jobs', id);
  return <Detail run={row === null ? null : { of: 'jobs', row }} isLoading={isLoading} onClose={onClose} />;
}

function ExecutionDetail({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const { row, isLoading } = useRecordOf('executions', id);
  return <Detail run={row === null ? null : { of: 'executions', row }} isLoading={isLoading} onClose={onClose} />;
}

function Detail({ run, isLoading, onClose }: { run: Run | null; isLoading: boolean; onClose: () => void }): ReactNode {
  const mayCancel = useCan('jobs:cancel');
  const [busy, setBusy] = useState(false);
  if (run === null) {
    return (
      <Dialog open onClose={onClose} title={isLoading ? 'Loading' : 'There is no such run'}>
        {isLoading ? <Bone className="h-24 w-full" /> : <p className="text-muted">It may have been removed.</p>}
      </Dialog>
    );
  }
  const { row } = run;
  const canCancel = mayCancel && !isOver(row) && !row.cancelRequested;
  const cancel = async (): Promise<void> => {
    setBusy(true);
    await cancelRun(run.of, row.id);
    setBusy(false);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={row.title}
      note={
        run.of === 'jobs'
          ? `${words(run.row.kind)}${run.row.owner === null ? '' : ` by ${run.row.owner}`}`
          : `execution of ${run.row.agent}`
      }
      {...(canCancel
        ? {
            footer: (
              <Button tone="danger" busy={busy} onClick={() => void cancel()}>
                <CircleStop aria-hidden /> Ask it to stop
              </Button>
            ),
          }
        : {})}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge look={lookOfRun(row)} />
        <span>
          {isStalled(row) ? (
            <>
              Nothing moved for <Lasting since={row.movedAt ?? row.startedAt ?? row.createdAt} />
            </>
          ) : row.reason.text !== '' ? (
            row.reason.text
          ) : (
            [row.progress.stage, row.progress.message].filter((text) => text !== '').join(': ')
          )}
        </span>
        {row.cancelRequested && !isOver(row) && (
          <span className="text-degraded">Asked to stop, waiting for its answer</span>
        )}
      </div>
      <ProgressLine run={row} className="mt-4" />
      {run.of === 'jobs' && run.row.goal !== '' && <p className="mt-4 text-muted">{run.row.goal}</p>}
      <div className="-mx-4 mt-2">
        <Facts>
          <Fact title="Done">
            {count(row.progress.done)}
            {row.progress.total !== null && ` of ${count(row.progress.total)}`} {row.progress.unit}
          </Fact>
          {!isStalled(row) && !isOver(row) && row.rate !== null && <Fact title="Rate">{rate(row.rate)}</Fact>}
          {row.etaMs !== null && !isOver(row) && !isStalled(row) && (
            <Fact title="Time left">{duration(row.etaMs)}</Fact>
          )}
          <Fact title="Started">{row.startedAt === null ? 'not yet' : exact(row.startedAt)}</Fact>
          {row.endedAt !== null ? (
            <Fact title="Ended">
              {exact(row.endedAt)}
              {row.startedAt !== null && (
                <span className="text-muted">, took {duration(row.endedAt - row.startedAt)}</span>
              )}
            </Fact>
          ) : (
            <Fact title="Last report">
              <Ago at={row.observedAt} />
              {row.leaseUntil !== null && (
                <span className="text-muted">
                  , counts as lost <Ago at={row.leaseUntil} /> without another
                </span>
              )}
            </Fact>
          )}
          {row.attempt > 1 && <Fact title="Attempt">{row.attempt}</Fact>}
        </Facts>
      </div>
      {run.of === 'executions' && run.row.steps.length > 0 && <Steps steps={run.row.steps} />}
      <div className="mt-3">
        <Copyable text={`${run.of}/${row.id}`} />
      </div>
    </Dialog>
  );
}

function Steps({ steps }: { steps: readonly Step[] }): ReactNode {
  return (
    <section className="mt-2">
      <h3 className="mb-1 text-sm font-medium">Steps</h3>
      <ol>
        {steps.map((step) => {
          const look = stepLook(step.state);
          return (
            <li key={step.id} className="flex min-h-8 items-center gap-2.5 border-b py-1 text-sm last:border-b-0">
              <look.icon aria-hidden className={cx('size-4 shrink-0', look.ink)} strokeWidth={2.25} />
              <span className="min-w-0 flex-1 truncate">{step.title || step.id}</span>
              <span className="text-xs text-muted">{look.word.toLowerCase()}</span>
              <span className="w-20 text-right text-xs text-muted">
                {step.startedAt === null ? (
                  ''
                ) : step.endedAt === null ? (
                  <Lasting since={step.startedAt} />
                ) : (
                  duration(step.endedAt - step.startedAt)
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Steps have their reporter's own words; known ones get their look, others are shown as they are. */
function stepLook(state: string): Look {
  const known: Readonly<Record<string, Look>> = {
    ...runLooks,
    done: runLooks.succeeded,
    ok: runLooks.succeeded,
    completed: runLooks.succeeded,
    pending: runLooks.queued,
    error: runLooks.failed,
  };
  return known[state] ?? { ...statusLooks.unknown, word: words(state) || 'Unknown' };
}
