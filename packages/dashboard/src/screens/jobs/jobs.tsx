import type { Execution, Job } from '@statewire/model';
import { ChangeHighlight, useNow } from '@statewire/react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Bot, Cog, Radar, Radio, SearchX, Workflow } from 'lucide-react';
import { memo, type ReactNode, useCallback } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, duration } from '../../lib/format.ts';
import { type JobsSearch, readJobsSearch, viewOfJobs } from '../../lib/jobs-search.ts';
import { useRows } from '../../live/rows.ts';
import { CopyButton } from '../../parts/copy.tsx';
import { Empty } from '../../parts/empty.tsx';
import { FilterBar, SearchField } from '../../parts/filter-bar.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { VirtualList } from '../../parts/list.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { lookOfRun, ProgressLine, STALL_LOOK_MS } from '../../parts/progress.tsx';
import { SavedViews } from '../../parts/saved-views.tsx';
import { CodeBlock } from '../../parts/scroll.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { StatusIcon } from '../../parts/status.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { RunDetail } from './run.tsx';

/** A job or an execution, with the word that says which. */
export type Run = { readonly of: 'jobs'; readonly row: Job } | { readonly of: 'executions'; readonly row: Execution };

const OVER = ['succeeded', 'failed', 'canceled', 'timed_out', 'lost'];

/** Long work: what runs now with its progress, and how what ended did end. */
export function Jobs(): ReactNode {
  useCrumbs('Jobs');
  const search = useSearch({ from: '/jobs' });
  const navigate = useNavigate({ from: '/jobs' });
  const isEnded = search.tab === 'ended';
  const filter = [isEnded ? 'in' : 'nin', 'state', OVER];
  const jobs = useRows('jobs', filter);
  const executions = useRows('executions', filter);
  const set = (next: JobsSearch): void => void navigate({ search: next, replace: true });
  const open = useCallback(
    (key: string) => void navigate({ search: (before) => ({ ...before, open: key }), replace: true }),
    [navigate],
  );
  const isLoading = jobs.isLoading || executions.isLoading;
  const wanted = (search.q ?? '').toLowerCase();
  const runs = [
    ...jobs.rows.map((row): Run => ({ of: 'jobs', row })),
    ...executions.rows.map((row): Run => ({ of: 'executions', row })),
  ]
    .filter(
      ({ row }) =>
        wanted === '' ||
        [row.title, row.id, row.progress.stage, row.state].some((text) => text.toLowerCase().includes(wanted)),
    )
    .sort(isEnded ? byEnd : byStart);
  return (
    <div className={cx(jobs.isStale && 'is-stale')}>
      <PageHead title="Jobs" note={isLoading ? '' : count(runs.length)}>
        <SavedViews page="jobs" search={viewOfJobs(search)} onApply={(view) => set(viewOfJobs(readJobsSearch(view)))} />
      </PageHead>
      <Tabs
        label="Jobs by state"
        value={search.tab ?? 'active'}
        onChange={(tab) => {
          const { open: _, tab: __, ...rest } = search;
          set(tab === 'active' ? rest : { ...rest, tab });
        }}
        tabs={[
          { key: 'active', title: 'Active' },
          { key: 'ended', title: 'Ended' },
        ]}
      >
        <FilterBar>
          <SearchField
            label="Filter jobs"
            value={search.q ?? ''}
            onChange={(text) => {
              const { q: _, ...rest } = search;
              set(text === '' ? rest : { ...rest, q: text });
            }}
          />
        </FilterBar>
        <div className="pane overflow-clip">
          {isLoading ? (
            <BoneRows rows={6} className="h-16" />
          ) : runs.length === 0 ? (
            <Nothing isEnded={isEnded} isFiltered={wanted !== ''} />
          ) : (
            <VirtualList items={runs} keyOf={keyOf} rowHeight={65}>
              {(run) => <RunRow of={run.of} row={run.row} onOpen={open} />}
            </VirtualList>
          )}
        </div>
      </Tabs>
      {search.open !== undefined && (
        <RunDetail
          path={search.open}
          onClose={() => {
            const { open: _, ...rest } = search;
            set(rest);
          }}
        />
      )}
    </div>
  );
}

const keyOf = (run: Run): string => `${run.of}/${run.row.id}`;

interface RunRowProps {
  readonly of: Run['of'];
  readonly row: Job | Execution;
  readonly onOpen: (key: string) => void;
}

const RunRow: (props: RunRowProps) => ReactNode = memo(function RunRow({ of, row, onOpen }: RunRowProps): ReactNode {
  // Silence brings no change that would render again.
  const look = lookOfRun(row, useNow(STALL_LOOK_MS));
  const isOver = OVER.includes(row.state);
  return (
    <div className="relative grid min-h-16 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-4 py-2.5 hover:bg-hover/60 lg:grid-cols-[auto_minmax(0,1fr)_minmax(0,1.3fr)_7rem]">
      <StatusIcon look={look} />
      <div className="min-w-0">
        <p className="flex items-center gap-2">
          <KindIcon of={of} row={row} />
          {/* The whole row is the target of a press; the button is what a keyboard and a screen reader find. */}
          <button
            type="button"
            onClick={() => onOpen(`${of}/${row.id}`)}
            className="truncate text-left font-medium after:absolute after:inset-0 hover:underline"
          >
            {row.title}
          </button>
        </p>
        <p className="flex gap-1.5 truncate text-xs text-muted">
          <ChangeHighlight value={look.word} className={cx('rounded', row.state !== 'succeeded' && look.ink)}>
            {look.word}
          </ChangeHighlight>
          {row.attempt > 1 && <span>attempt {row.attempt}</span>}
          <span className="truncate">
            {isOver && row.reason.text !== ''
              ? row.reason.text
              : [row.progress.stage, row.progress.message].filter((text) => text !== '').join(': ')}
          </span>
          {row.cancelRequested && !isOver && <span className="shrink-0 text-degraded">asked to stop</span>}
        </p>
      </div>
      <ProgressLine run={row} className="max-lg:order-last max-lg:col-span-3 max-lg:pl-8" />
      <p className="text-right text-xs text-muted">
        {isOver ? (
          <Ago at={row.endedAt} none="" />
        ) : row.startedAt === null ? (
          'not started'
        ) : (
          <Lasting since={row.startedAt} />
        )}
        {isOver && row.startedAt !== null && row.endedAt !== null && (
          <span className="block">took {duration(row.endedAt - row.startedAt)}</span>
        )}
      </p>
    </div>
  );
});

function KindIcon({ of, row }: Pick<RunRowProps, 'of' | 'row'>): ReactNode {
  const look = { 'aria-hidden': true, className: 'size-3.5 shrink-0 text-muted' } as const;
  if (of === 'executions') return <Bot {...look} />;
  if (row['kind'] === 'stream') return <Radio {...look} />;
  return row['kind'] === 'scan' ? <Radar {...look} /> : <Cog {...look} />;
}

function byStart(a: Run, b: Run): number {
  return (b.row.startedAt ?? b.row.createdAt) - (a.row.startedAt ?? a.row.createdAt) || (a.row.id < b.row.id ? -1 : 1);
}

function byEnd(a: Run, b: Run): number {
  return (b.row.endedAt ?? 0) - (a.row.endedAt ?? 0) || (a.row.id < b.row.id ? -1 : 1);
}

const SNIPPET = `import { createClient } from '@statewire/client';
const sw = createClient({ url: '${location.origin}', token: '<report key>' });
const job = await sw.jobs.start({ title: 'Nightly scan', kind: 'scan', total: 500 });
job.progress(30, 'fetching');
job.succeed();`;

function Nothing({ isEnded, isFiltered }: { isEnded: boolean; isFiltered: boolean }): ReactNode {
  if (isFiltered) return <Empty icon={SearchX} title="No job matches this filter" />;
  if (isEnded)
    return (
      <Empty icon={Workflow} title="Nothing has ended yet">
        Jobs and executions stay here after they end, with how they ended.
      </Empty>
    );
  return (
    <Empty
      icon={Workflow}
      title="Nothing is running"
      action={<CopyButton text={SNIPPET} label="Copy the example" className="border" />}
    >
      <p>A job appears when something reports it, with its progress, rate and time left.</p>
      <CodeBlock label="Example" text={SNIPPET} className="mt-4" />
    </Empty>
  );
}
