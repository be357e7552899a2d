import type { Agent, Annotation, Service } from '@statewire/model';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Ban, Download, type LucideIcon, Plus, StickyNote, Trash2, Wrench } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { duration, exact, words } from '../../lib/format.ts';
import { joined, keyOf, type LogLine, logOf } from '../../lib/log.ts';
import { useCan } from '../../lib/me.ts';
import { remove } from '../../live/command.ts';
import { causeText, lookOfWord } from '../../parts/activity.tsx';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { Ago } from '../../parts/time.tsx';
import { exportUrl, logQuery } from '../../rest/queries.ts';
import { problemIn } from '../../rest/request.ts';
import type { Transition } from '../../rest/types.ts';
import { AnnotationEditor } from './annotation-editor.tsx';

interface Props {
  readonly row: Service | Agent;
  readonly of?: 'agents' | 'services';
  readonly said: readonly Annotation[];
  /** Opens the editor of maintenances for this service, for a window that is over. */
  readonly onMaintenance?: () => void;
}

/** Confirmed changes and what people said of them, newest first, back to where the log begins. */
export function LogPane({ row, of = 'services', said, onMaintenance }: Props): ReactNode {
  const canWrite = useCan('annotations:change');
  const log = useInfiniteQuery(logQuery(of, row.id, row.flaps));
  const [saying, setSaying] = useState<'note' | 'exclude' | null>(null);
  const [removing, setRemoving] = useState<Annotation | null>(null);
  const isWhole = !log.hasNextPage;
  const lines = useMemo(() => logOf(joined(log.data?.pages ?? []), said, isWhole), [log.data, said, isWhole]);
  return (
    <Pane
      title="Timeline"
      note={<span className="max-sm:hidden">confirmed changes and notes</span>}
      actions={
        <>
          {canWrite && (
            <Menu
              trigger={
                <Button size="small" tone="ghost">
                  <Plus aria-hidden /> Say
                </Button>
              }
              items={[
                { label: 'Add note', icon: StickyNote, onSelect: () => setSaying('note') },
                { label: 'Exclude a span from uptime', icon: Ban, onSelect: () => setSaying('exclude') },
                ...(onMaintenance === undefined
                  ? []
                  : [{ label: 'Mark as maintenance afterwards', icon: Wrench, onSelect: onMaintenance }]),
              ]}
            />
          )}
          <Menu
            trigger={
              <Button size="small" tone="ghost">
                <Download aria-hidden /> Export
              </Button>
            }
            items={(['transitions', 'samples', 'buckets'] as const).flatMap((what) =>
              (['csv', 'json'] as const).map((format) => ({
                label: `${names[what]}, ${format.toUpperCase()}`,
                onSelect: () => download(of, row.id, format, what),
              })),
            )}
          />
        </>
      }
    >
      {log.isPending ? (
        <BoneRows rows={4} className="h-14" />
      ) : log.isError && lines.length === 0 ? (
        <ProblemNote problem={problemIn(log.error)} className="m-3" />
      ) : lines.length === 0 ? (
        <p className="px-4 py-8 text-center text-sm text-muted">
          No change so far. Suspicions that were not confirmed are not listed.
        </p>
      ) : (
        <ol className="relative px-4 py-3">
          {lines.map((line, i) => (
            <li key={lineKey(line)} className="relative flex gap-3 pb-4 last:pb-0">
              {i < lines.length - 1 && <span aria-hidden className="absolute top-6 bottom-0 left-[7px] w-px bg-line" />}
              {line.kind === 'change' ? (
                <Change change={line.change} lastedMs={line.lastedMs} />
              ) : (
                <Said said={line.said} {...(canWrite ? { onRemove: () => setRemoving(line.said) } : {})} />
              )}
            </li>
          ))}
        </ol>
      )}
      {log.hasNextPage && (
        <p className="border-t px-3 py-1.5">
          <Button size="small" tone="ghost" busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            Older
          </Button>
        </p>
      )}
      {saying !== null && <AnnotationEditor row={row} of={of} kind={saying} onClose={() => setSaying(null)} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={removing?.kind === 'note' ? 'Remove this note?' : 'Count this time again?'}
        verb="Remove it"
        onConfirm={() => remove('annotations', removing === null ? [] : [removing.id])}
      >
        <p>{removing?.text}</p>
        {removing !== null && removing.kind !== 'note' && (
          <p className="text-muted">
            {exact(removing.from)} to {exact(removing.to)} counts for its uptime again, and the numbers are worked out
            anew.
          </p>
        )}
      </Confirm>
    </Pane>
  );
}

const names = {
  transitions: 'Changes of 90 days',
  samples: 'Checks of 48 hours',
  buckets: 'Hours of 90 days',
} as const;

function lineKey(line: LogLine): string {
  return line.kind === 'change' ? keyOf(line.change) : line.said.id;
}

function Change({ change, lastedMs }: { change: Transition; lastedMs: number | null }): ReactNode {
  const look = lookOfWord(change.to);
  const why = change.text !== '' ? change.text : change.code === 'ok' ? '' : words(change.code);
  return (
    <>
      <look.icon aria-hidden className={cx('mt-1 size-4 shrink-0', look.ink)} strokeWidth={2.25} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="min-w-0 break-words">
            <span className="font-medium">{look.word}</span>
            {why !== '' && <span className="text-muted">: {why}</span>}
          </span>
          <Ago at={change.at} className="shrink-0 text-xs text-muted" />
        </p>
        <p className="text-xs text-muted">
          {exact(change.at)}
          {lastedMs !== null && <> · lasted {duration(lastedMs)}</>}
          {change.cause !== '' && <> · {causeText(change.cause)}</>}
        </p>
      </div>
    </>
  );
}

const looks: Readonly<
  Record<Annotation['kind'], { readonly icon: LucideIcon; readonly word: string; readonly ink: string }>
> = {
  note: { icon: StickyNote, word: 'Note', ink: 'text-muted' },
  exclude: { icon: Ban, word: 'Not counted', ink: 'text-quiet' },
  maintenance: { icon: Wrench, word: 'Maintenance', ink: 'text-maintenance' },
};

function Said({ said, onRemove }: { said: Annotation; onRemove?: () => void }): ReactNode {
  const look = looks[said.kind];
  return (
    <>
      <look.icon aria-hidden className={cx('mt-1 size-4 shrink-0', look.ink)} strokeWidth={2.25} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="min-w-0 break-words whitespace-pre-line">
            <span className="font-medium">{look.word}</span>
            {said.text !== '' && `: ${said.text}`}
          </span>
          <Ago at={said.from} className="shrink-0 text-xs text-muted" />
        </p>
        <p className="flex flex-wrap items-center gap-x-1 text-xs text-muted">
          <span>
            {exact(said.from)}
            {said.kind !== 'note' && (
              <>
                {' '}
                to {exact(said.to)}, {duration(said.to - said.from)}
              </>
            )}
            {said.by !== '' && <> · by {said.by}</>}
          </span>
          {/* What a maintenance wrote goes with the maintenance. */}
          {onRemove !== undefined && said.maintenance === null && (
            <Button
              tone="ghost"
              size="icon"
              className="-my-2 ml-auto"
              aria-label={`Remove ${look.word.toLowerCase()} of ${exact(said.from)}`}
              onClick={onRemove}
            >
              <Trash2 aria-hidden />
            </Button>
          )}
        </p>
      </div>
    </>
  );
}

function download(of: string, id: string, format: 'csv' | 'json', what: 'transitions' | 'samples' | 'buckets'): void {
  const link = document.createElement('a');
  link.href = exportUrl(of, id, format, what);
  link.download = `${id}-${what}.${format}`;
  link.click();
}
