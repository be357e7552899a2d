import type { Agent, Alert, Job } from '@statewire/model';
import { ChangeHighlight, JobCard } from '@statewire/react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { BellRing, Bot, type LucideIcon, Radar, Radio } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { bytes, count, plural, rate, sentence, words } from '../../lib/format.ts';
import { useMe } from '../../lib/me.ts';
import { type FleetCounts, useFleet } from '../../live/fleet.ts';
import { useRecordOf, useRows } from '../../live/rows.ts';
import { Empty } from '../../parts/empty.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Pane } from '../../parts/pane.tsx';
import { BoneRows } from '../../parts/skeleton.tsx';
import { lookOf, severity, StatusIcon } from '../../parts/status.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { lookOfAlert } from '../alerts/look.ts';
import { MetricTiles } from './metrics.tsx';
import type { MonitoringTab } from './search.ts';

const ACTIVE = ['nin', 'state', ['succeeded', 'failed', 'canceled', 'timed_out', 'lost']] as const;
const OPEN = ['in', 'state', ['firing', 'acknowledged']] as const;

/** All that moves, on one page: what streams, what scans, who works, what is wrong, and how the server itself is. */
export function Monitoring(): ReactNode {
  useCrumbs('Live monitoring');
  const search = useSearch({ from: '/monitoring' });
  const navigate = useNavigate({ from: '/monitoring' });
  const tab = search.tab ?? 'streams';
  const { counts, isStale } = useFleet();
  const jobs = useRows('jobs', ACTIVE);
  const alerts = useRows('alerts', OPEN);
  const streams = jobs.rows.filter(({ kind }) => kind !== 'scan');
  const scans = jobs.rows.filter(({ kind }) => kind === 'scan');
  return (
    <div className={cx('space-y-6', isStale && 'is-stale')}>
      <PageHead title="Live monitoring" />
      <Stats counts={counts} />
      <Tabs<MonitoringTab>
        label="What to look at"
        value={tab}
        onChange={(next) => void navigate({ search: next === 'streams' ? {} : { tab: next }, replace: true })}
        tabs={[
          { key: 'streams', title: 'Streams', n: streams.length },
          { key: 'scans', title: 'Scans', n: scans.length },
          { key: 'agents', title: 'Agents', n: counts?.agents },
          { key: 'alerts', title: 'Alerts', n: alerts.rows.length },
          { key: 'system', title: 'System' },
        ]}
      >
        {/* Each card has a heading of the third rank. */}
        {(tab === 'streams' || tab === 'scans') && (
          <h2 className="sr-only">{tab === 'streams' ? 'Streams' : 'Scans'}</h2>
        )}
        {tab === 'streams' && (
          <Cards jobs={streams} isLoading={jobs.isLoading} isStale={jobs.isStale} icon={Radio} what="stream" />
        )}
        {tab === 'scans' && (
          <Cards jobs={scans} isLoading={jobs.isLoading} isStale={jobs.isStale} icon={Radar} what="scan" />
        )}
        {tab === 'agents' && <Agents />}
        {tab === 'alerts' && <Alerts rows={alerts.rows} isLoading={alerts.isLoading} />}
        {tab === 'system' && <System />}
      </Tabs>
    </div>
  );
}

function Stats({ counts }: { readonly counts: FleetCounts | null }): ReactNode {
  const { row: gateway } = useRecordOf('metrics', 'gateway');
  const cells: readonly (readonly [title: string, value: string, isBad: boolean])[] = [
    ['Services up', counts === null ? '' : `${count(counts.up)} of ${count(counts.total)}`, false],
    ['Down', counts === null ? '' : count(counts.down), (counts?.down ?? 0) > 0],
    ['Agents', counts === null ? '' : count(counts.agents), false],
    ['Running', counts === null ? '' : count(counts.running), false],
    ['Alerts firing', counts === null ? '' : count(counts.firing), (counts?.firing ?? 0) > 0],
    ['Viewers', gateway === null ? '–' : count(gateway.values['connections'] ?? 0), false],
    ['Changes', gateway === null ? '–' : rate(gateway.values['changes.perSecond'] ?? 0), false],
    ['Checks', gateway === null ? '–' : rate(gateway.values['probes.perSecond'] ?? 0), false],
  ];
  return (
    <dl aria-label="Live counters" className="pane grid grid-cols-2 overflow-clip sm:grid-cols-4 2xl:grid-cols-8">
      {cells.map(([title, value, isBad]) => (
        <div key={title} className="-mt-px -ml-px border-t border-l px-4 py-3">
          <dt className="truncate text-xs text-muted">{title}</dt>
          <dd>
            <ChangeHighlight
              value={value}
              className={cx('mt-0.5 block min-h-7 rounded text-xl font-medium', isBad && 'text-down')}
            >
              {value}
            </ChangeHighlight>
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface CardsProps {
  readonly jobs: readonly Job[];
  readonly isLoading: boolean;
  readonly isStale: boolean;
  readonly icon: LucideIcon;
  readonly what: 'scan' | 'stream';
}

/** One card each, newest first; what has ended is on the page of jobs. */
function Cards({ jobs, isLoading, isStale, icon, what }: CardsProps): ReactNode {
  if (isLoading) return <BoneRows rows={3} className="h-32" />;
  if (jobs.length === 0)
    return (
      <div className="pane">
        <Empty icon={icon} title={`No ${what} is running`}>
          A program starts one with <code className="code">sw.jobs.start(&#123; kind: &apos;{what}&apos; &#125;)</code>;
          it appears here at once.{' '}
          <Link to="/jobs" search={{ tab: 'ended' }} className="text-accent hover:underline">
            What ended
          </Link>{' '}
          is kept.
        </Empty>
      </div>
    );
  const sorted = jobs.toSorted(
    (a, b) => (b.startedAt ?? b.createdAt) - (a.startedAt ?? a.createdAt) || (a.id < b.id ? -1 : 1),
  );
  return (
    <>
      <ul className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {sorted.slice(0, CARDS_MAX).map((job) => (
          <li key={job.id} className="min-w-0">
            <JobCard job={job} isStale={isStale} />
          </li>
        ))}
      </ul>
      {jobs.length > CARDS_MAX && (
        <p className="mt-4 text-sm text-muted">
          And {plural(jobs.length - CARDS_MAX, 'more', 'more')} on{' '}
          <Link to="/jobs" className="text-accent hover:underline">
            the page of jobs
          </Link>
          .
        </p>
      )}
    </>
  );
}

function Agents(): ReactNode {
  const { rows, isLoading } = useRows('agents');
  if (isLoading) return <BoneRows rows={5} className="h-12" />;
  if (rows.length === 0)
    return (
      <div className="pane">
        <Empty icon={Bot} title="No agent is known">
          An agent is there from its first report on.
        </Empty>
      </div>
    );
  const sorted = rows.toSorted((a, b) => severity(a) - severity(b) || (a.name < b.name ? -1 : 1));
  return (
    <Pane title="Agents" note={count(rows.length)}>
      <ul>
        {sorted.slice(0, ROWS_MAX).map((agent) => (
          <AgentRow key={agent.id} agent={agent} />
        ))}
      </ul>
      <More n={rows.length - ROWS_MAX} to="/agents" />
    </Pane>
  );
}

function AgentRow({ agent }: { readonly agent: Agent }): ReactNode {
  const look = lookOf(agent);
  return (
    <li className="flex min-h-12 items-center gap-4 border-b px-4 py-2 last:border-b-0">
      <StatusIcon look={look} />
      <span className="min-w-0 flex-1 truncate font-medium">{agent.name}</span>
      <ChangeHighlight value={agent.phase} className="rounded text-sm text-muted">
        {sentence(words(agent.phase))}
      </ChangeHighlight>
      <span className="w-24 shrink-0 text-right text-xs text-muted">
        <Ago at={agent.observedAt} none="never seen" />
      </span>
    </li>
  );
}

function Alerts({ rows, isLoading }: { readonly rows: readonly Alert[]; readonly isLoading: boolean }): ReactNode {
  if (isLoading) return <BoneRows rows={4} className="h-12" />;
  if (rows.length === 0)
    return (
      <div className="pane">
        <Empty icon={BellRing} title="No alert is open">
          What fires stands here until it ends.
        </Empty>
      </div>
    );
  const sorted = rows.toSorted((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1));
  return (
    <Pane title="Open alerts" note={count(rows.length)}>
      <ul>
        {sorted.slice(0, ROWS_MAX).map((alert) => {
          const look = lookOfAlert(alert);
          return (
            <li key={alert.id} className="flex min-h-12 items-center gap-4 border-b px-4 py-2 last:border-b-0">
              <look.icon aria-hidden className={cx('size-4 shrink-0', look.ink)} />
              <div className="min-w-0 flex-1">
                <Link to="/alerts" search={{ open: alert.id }} className="block truncate font-medium hover:underline">
                  {alert.title}
                </Link>
                <p className="truncate text-xs text-muted">{alert.text}</p>
              </div>
              <span className={cx('shrink-0 text-xs', look.ink)}>{look.word}</span>
              <span className="w-20 shrink-0 text-right text-xs text-muted">
                <Lasting since={alert.startedAt} short />
              </span>
            </li>
          );
        })}
      </ul>
      <More n={rows.length - ROWS_MAX} to="/alerts" />
    </Pane>
  );
}

function System(): ReactNode {
  const { row, isLoading } = useRecordOf('metrics', 'gateway');
  const { isAdmin } = useMe();
  const values = Object.entries(row?.values ?? {});
  return (
    <div className="space-y-6">
      <MetricTiles />
      <Pane
        title="This server"
        note="over the last five seconds"
        {...(isAdmin
          ? {
              actions: (
                <Link to="/system" className="px-2 text-sm text-accent hover:underline">
                  All numbers
                </Link>
              ),
            }
          : {})}
      >
        {isLoading ? (
          <BoneRows rows={4} className="h-12" />
        ) : values.length === 0 ? (
          <p className="px-4 py-8 text-center text-sm text-muted">
            The numbers of the process are shown to the organization that runs it.
          </p>
        ) : (
          <dl className="grid grid-cols-2 overflow-clip sm:grid-cols-3 lg:grid-cols-4">
            {values.map(([name, value]) => (
              <div key={name} className="-mt-px -ml-px border-t border-l px-4 py-2.5">
                <dt className="truncate text-xs text-muted">
                  {sentence(
                    name
                      .replaceAll('.', ' ')
                      .replace(/ perSecond$/u, ' a second')
                      .replace(/ ms$/u, ''),
                  )}
                </dt>
                <dd>
                  <ChangeHighlight value={value} className="mt-0.5 block rounded font-medium">
                    {name.startsWith('bytes') ? bytes(value) : name.endsWith('.ms') ? `${value} ms` : count(value)}
                  </ChangeHighlight>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Pane>
    </div>
  );
}

function More({ n, to }: { readonly n: number; readonly to: '/agents' | '/alerts' }): ReactNode {
  if (n <= 0) return null;
  return (
    <Link to={to} className="block border-t px-4 py-2.5 text-sm text-accent hover:underline">
      {count(n)} more
    </Link>
  );
}

const CARDS_MAX = 30;
const ROWS_MAX = 50;
