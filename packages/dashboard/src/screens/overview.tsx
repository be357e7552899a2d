import type { Service } from '@statewire/model';
import { ChangeHighlight, Sparkline, UptimeBar, useClient } from '@statewire/react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CheckCircle2, RefreshCw, Server } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { env } from '../lib/env.ts';
import { ago, count, plural, words } from '../lib/format.ts';
import type { ListedService } from '../lib/listed.ts';
import { kinds } from '../lib/kinds.ts';
import { useThrottled } from '../lib/throttled.ts';
import { useTick } from '../lib/ticker.ts';
import { useCan } from '../lib/me.ts';
import { recheck } from '../live/command.ts';
import { type FleetCounts, useFleet } from '../live/fleet.ts';
import { useRows } from '../live/rows.ts';
import { Button, buttonClass } from '../parts/button.tsx';
import { Empty } from '../parts/empty.tsx';
import { useCrumbs } from '../parts/frame.tsx';
import { Pane } from '../parts/pane.tsx';
import { ProgressLine } from '../parts/progress.tsx';
import { Bone, BoneRows } from '../parts/skeleton.tsx';
import { Badge, lookOf, isSuspected, needsAttention, severity } from '../parts/status.tsx';
import { Lasting } from '../parts/time.tsx';
import { Activity } from '../parts/activity.tsx';
import { activityQuery } from '../rest/queries.ts';
import type { Transition } from '../rest/types.ts';
import { Open } from './open.tsx';

const FirstSteps = lazy(() => import('./first-steps.tsx'));
const Movers = lazy(() => import('./movers.tsx'));

// More than fit a screen are better looked at in the services table, where they can be filtered.
const ATTENTION_MAX = 12;
const RUNNING_MAX = 6;

/** What needs a person now, in one sentence and one list; all the rest is quiet. */
export function Overview(): ReactNode {
  useCrumbs('Overview');
  const { counts, isStale } = useFleet();
  // The first service, from when it is there until somebody named it: the page is empty no more, and the steps go on.
  const [trying, setTrying] = useState<string | null>(null);
  const bad = useRows('services', ATTENTION);
  const attention = bad.rows.filter(needsAttention).sort((a, b) => severity(a) - severity(b) || b.since - a.since);
  return (
    <div className={cx('space-y-6', isStale && 'is-stale')}>
      <Headline counts={counts} attention={attention.length} isLoading={bad.isLoading} />
      {counts !== null && counts.total > 0 && <Counters counts={counts} />}
      {trying !== null || (counts !== null && counts.total === 0 && !bad.isLoading) ? (
        <FirstService trying={trying} onTry={setTrying} />
      ) : (
        (bad.isLoading || attention.length > 0) && (
          <Pane
            title="Needs attention"
            {...(attention.length === 0 ? {} : { note: plural(attention.length, 'service') })}
          >
            {bad.isLoading ? (
              <BoneRows rows={3} className="h-14" />
            ) : (
              <AttentionList rows={attention.slice(0, ATTENTION_MAX)} more={attention.length - ATTENTION_MAX} />
            )}
          </Pane>
        )
      )}
      <Open firing={counts?.firing ?? 0} critical={counts?.critical ?? 0} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="min-w-0 space-y-6">
          <Running />
          {counts !== null && counts.total > 0 && (
            <Pane title="Latency movers">
              <Suspense fallback={<BoneRows rows={2} className="h-12" />}>
                <Movers />
              </Suspense>
            </Pane>
          )}
        </div>
        <Recent />
      </div>
    </div>
  );
}

const ATTENTION = [
  'or',
  ['in', 'status', ['degraded', 'down']],
  ['null', 'suspect', false],
  ['eq', 'overlay.flapping', true],
];

interface HeadlineProps {
  readonly counts: FleetCounts | null;
  readonly attention: number;
  readonly isLoading: boolean;
}

function Headline({ counts, attention, isLoading }: HeadlineProps): ReactNode {
  if (counts === null || isLoading) {
    return (
      <div className="h-16">
        <h1 className="sr-only">Overview</h1>
        <Bone className="mt-2 h-7 w-80 max-w-full" />
        <Bone className="mt-4 w-44" />
      </div>
    );
  }
  const total = counts.total;
  return (
    <div className="min-h-16">
      <h1 className="text-2xl font-semibold tracking-tight">
        {total === 0
          ? 'Nothing is watched yet'
          : attention === 0
            ? allGreen(counts)
            : `${count(attention)} of ${count(total)} ${attention === 1 ? 'needs' : 'need'} attention`}
      </h1>
      <p className="mt-1.5 flex items-center gap-1.5 text-muted">
        {attention === 0 && isAllUp(counts) && <CheckCircle2 aria-hidden className="size-4 text-up" />}
        <Verified />
      </p>
    </div>
  );
}

/** When the page was last known to be true; ticks with every sign of life from the server, not only with changes. */
function Verified(): ReactNode {
  const client = useClient();
  const ref = useTick<HTMLSpanElement>(() => verifiedText(client.connection.lastMessageAt));
  return <span ref={ref}>{verifiedText(client.connection.lastMessageAt)}</span>;
}

function verifiedText(at: number | null): string {
  return at === null ? 'Waiting for the server' : `Verified ${ago(at, env.now())}`;
}

function allGreen(counts: FleetCounts): string {
  if (isAllUp(counts)) {
    return counts.total === 1 ? 'The one service is up' : `All ${count(counts.total)} services are up`;
  }
  const silent = counts.unknown + counts.pending;
  const rest = silent === 0 ? 'nothing needs attention' : `${count(silent)} ${silent === 1 ? 'is' : 'are'} not known`;
  return `${count(counts.up)} of ${count(counts.total)} are up, ${rest}`;
}

function isAllUp(counts: FleetCounts): boolean {
  return counts.total > 0 && counts.up === counts.total;
}

function Counters({ counts }: { counts: FleetCounts }): ReactNode {
  const cells = [
    { word: 'up', title: 'Up', n: counts.up },
    { word: 'degraded', title: 'Degraded', n: counts.degraded },
    { word: 'down', title: 'Down', n: counts.down },
    { word: 'unknown', title: 'Unknown', n: counts.unknown + counts.pending },
    { word: 'paused', title: 'Paused', n: counts.paused + counts.maintenance },
  ] as const;
  const filters = {
    up: ['up'],
    degraded: ['degraded'],
    down: ['down'],
    unknown: ['unknown', 'pending'],
    paused: ['paused', 'maintenance'],
  } as const;
  return (
    <ul className="pane grid grid-cols-5 divide-x overflow-clip">
      {cells.map((cell) => (
        <li key={cell.word}>
          <Link
            to="/services"
            search={{ status: [...filters[cell.word]] }}
            className="block px-1.5 py-3 hover:bg-hover sm:px-4"
          >
            <span className="block truncate text-xs text-muted">{cell.title}</span>
            <ChangeHighlight
              value={cell.n}
              className={cx(
                'mt-0.5 block rounded text-xl font-medium',
                cell.n === 0 && 'text-muted',
                cell.n > 0 && cell.word === 'down' && 'text-down',
                cell.n > 0 && cell.word === 'degraded' && 'text-degraded',
              )}
            >
              {count(cell.n)}
            </ChangeHighlight>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function AttentionList({ rows, more }: { rows: readonly Service[]; more: number }): ReactNode {
  return (
    <ul>
      {rows.map((row) => (
        <AttentionRow key={row.id} row={row} />
      ))}
      {more > 0 && (
        <li>
          <Link
            to="/services"
            search={{ status: ['down', 'degraded'] }}
            className="block px-4 py-2.5 text-sm text-accent hover:underline"
          >
            {plural(more, 'more service')}
          </Link>
        </li>
      )}
    </ul>
  );
}

function AttentionRow({ row }: { row: Service }): ReactNode {
  const canWrite = useCan('services:refresh');
  const look = lookOf(row);
  const Kind = kinds[row.kind].icon;
  return (
    <li className="flex min-h-14 items-center gap-4 border-b px-4 py-2 last:border-b-0 hover:bg-hover/60">
      <ChangeHighlight value={look.word} className="w-28 shrink-0 rounded-full max-sm:hidden">
        <Badge look={look} />
      </ChangeHighlight>
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          <span className="sm:hidden">
            <look.icon aria-hidden className={cx('size-4', look.ink)} />
          </span>
          <Link to="/services/$id" params={{ id: row.id }} className="truncate font-medium hover:underline">
            {row.name}
          </Link>
          <Kind aria-label={kinds[row.kind].title} className="size-3.5 shrink-0 text-muted" />
        </p>
        <p className="truncate text-sm text-muted">
          <span className="sm:hidden">{look.word}: </span>
          {reasonOf(row)}
        </p>
      </div>
      <Sparkline label="Latency" values={row.recent.ms} className="max-lg:hidden" />
      <UptimeBar bar={row.recent.bar} className="max-md:hidden" />
      <span className="w-24 shrink-0 text-right text-sm text-muted max-sm:w-16">
        for <Lasting since={sinceOf(row)} short />
      </span>
      {canWrite && (
        <Button size="small" onClick={() => void recheck(row)} aria-label={`Recheck ${row.name}`}>
          <RefreshCw aria-hidden /> <span className="max-sm:sr-only">Recheck</span>
        </Button>
      )}
    </li>
  );
}

/** Since when the row is what it looks like. */
export function sinceOf(row: Pick<ListedService, 'status' | 'suspect' | 'since'>): number {
  return isSuspected(row) ? (row.suspect?.since ?? row.since) : row.since;
}

/** Why a service is not simply up, in one line. */
export function reasonOf(row: Pick<ListedService, 'status' | 'suspect' | 'reason' | 'overlay' | 'flaps'>): string {
  if (isSuspected(row) && row.suspect !== null) {
    return `${row.suspect.n} of ${row.suspect.of} checks failed, confirming${row.reason.text === '' ? '' : `. ${row.reason.text}`}`;
  }
  if (row.status === 'pending' && row.suspect !== null)
    return `Not yet confirmed, ${row.suspect.n} of ${row.suspect.of}${row.reason.text === '' ? '' : `. ${row.reason.text}`}`;
  const reason = row.reason.text || words(row.reason.code);
  return row.overlay.flapping ? `Flapping, changed ${plural(row.flaps, 'time')}. ${reason}` : reason;
}

function FirstService(props: { trying: string | null; onTry: (id: string | null) => void }): ReactNode {
  const canWrite = useCan('services:create');
  if (!canWrite) {
    return (
      <div className="pane">
        <Empty icon={Server} title="Nothing to look at yet">
          Who may add services adds the first one; its state stands here from then on.
        </Empty>
      </div>
    );
  }
  return (
    <Suspense fallback={<Bone className="mx-auto h-72 w-full max-w-2xl rounded-card" />}>
      <FirstSteps {...props} />
    </Suspense>
  );
}

function Running(): ReactNode {
  const jobs = useRows('jobs', RUNNING);
  const executions = useRows('executions', RUNNING);
  const rows = [
    ...jobs.rows.map((row) => ({ row, to: 'jobs' as const })),
    ...executions.rows.map((row) => ({ row, to: 'executions' as const })),
  ].sort((a, b) => (b.row.startedAt ?? b.row.createdAt) - (a.row.startedAt ?? a.row.createdAt));
  const isLoading = jobs.isLoading || executions.isLoading;
  return (
    <Pane
      title="Running now"
      {...(rows.length === 0 ? {} : { note: count(rows.length) })}
      actions={
        <Link to="/jobs" className={buttonClass({ tone: 'ghost', size: 'small' })}>
          All jobs
        </Link>
      }
    >
      {isLoading ? (
        <BoneRows rows={3} className="h-14" />
      ) : rows.length === 0 ? (
        <p className="px-4 py-8 text-center text-sm text-muted">No job or execution is running.</p>
      ) : (
        <ul>
          {rows.slice(0, RUNNING_MAX).map(({ row, to }) => (
            <li key={`${to}/${row.id}`} className="border-b px-4 py-2.5 last:border-b-0">
              <div className="flex items-baseline justify-between gap-3">
                <Link
                  to="/jobs"
                  search={{ open: `${to}/${row.id}` }}
                  className="truncate text-sm font-medium hover:underline"
                >
                  {row.title}
                </Link>
                <span className="shrink-0 text-xs text-muted">{row.progress.stage}</span>
              </div>
              <ProgressLine run={row} className="mt-1.5" />
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

const RUNNING = ['in', 'state', ['running', 'waiting_input', 'waiting_dependency']];

function Recent(): ReactNode {
  const { counts } = useFleet();
  const version = useThrottled(counts?.version ?? 0, ACTIVITY_DELAY_MS);
  // The old list stays until the newer one is here.
  const activity = useQuery({ ...activityQuery(version), placeholderData: keepPreviousData });
  const shown = (activity.data ?? []).slice(0, ACTIVITY_MAX);
  return (
    <Pane title="Activity">
      {activity.isPending ? (
        <BoneRows rows={6} className="h-9" />
      ) : shown.length === 0 ? (
        <p className="px-4 py-8 text-center text-sm text-muted">
          {activity.isError
            ? 'The activity cannot be read just now.'
            : 'Nothing has changed yet. Changes of state are listed here.'}
        </p>
      ) : (
        <NamedActivity transitions={shown} />
      )}
    </Pane>
  );
}

/** Only the names of what is listed are subscribed, not the whole fleet. */
function NamedActivity({ transitions }: { transitions: readonly Transition[] }): ReactNode {
  const services = useRows('services', among(transitions, 'services'));
  const agents = useRows('agents', among(transitions, 'agents'));
  const jobs = useRows('jobs', among(transitions, 'jobs'));
  const executions = useRows('executions', among(transitions, 'executions'));
  // Names once known stay known: while the next subscription opens, a line must not turn into an id and back.
  const [names] = useState(() => new Map<string, string>());
  for (const row of [...services.rows, ...agents.rows]) names.set(row.id, row.name);
  // A connection has no name of its own: it is an agent's way to a service.
  const nameOf = (t: Transition): string | null => {
    const [agent, service] = t.collection === 'connections' ? t.id.split(':') : [];
    if (agent === undefined || service === undefined) return names.get(t.id) ?? null;
    return `${names.get(agent) ?? agent} to ${names.get(service) ?? service}`;
  };
  for (const row of [...jobs.rows, ...executions.rows]) names.set(row.id, row.title);
  return <Activity transitions={transitions} nameOf={nameOf} />;
}

function among(transitions: readonly Transition[], collection: string): readonly [string, string, readonly string[]] {
  // Of a connection `agent:service` both ends.
  const end = collection === 'agents' ? 0 : collection === 'services' ? 1 : -1;
  const ids = [
    ...new Set(
      transitions.flatMap((t) =>
        t.collection === collection ? [t.id] : t.collection === 'connections' ? (t.id.split(':')[end] ?? []) : [],
      ),
    ),
  ].sort();
  return ['in', 'id', ids.length === 0 ? [''] : ids];
}

const ACTIVITY_MAX = 12;
const ACTIVITY_DELAY_MS = 400;
