import { SERVICE_KINDS } from '@statewire/model';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { ChartLine as ChartIcon, Download } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { count, duration, latency, plural } from '../../lib/format.ts';
import { kinds } from '../../lib/kinds.ts';
import { buttonClass } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { useCrumbs } from '../../parts/frame.tsx';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { analyticsQuery } from '../../rest/queries.ts';
import { problemIn } from '../../rest/request.ts';
import type { Analytics as Answer, MetricLine } from '../../rest/types.ts';
import { figureOf, pct, type Figure } from './numbers.ts';
import { ANALYTICS_WINDOWS, analyticsQueryText, type AnalyticsSearch } from './search.ts';
import { slotNameOf } from './slot-name.ts';
import { Trend } from './trend.tsx';

/** What became of everything over a day, a week, a month or a season, beside the time before. */
export function Analytics(): ReactNode {
  useCrumbs('Analytics');
  const search = useSearch({ from: '/analytics' });
  const answer = useQuery({ ...analyticsQuery(analyticsQueryText(search)), placeholderData: keepPreviousData });
  return (
    <div className="space-y-6">
      <Head search={search} />
      {answer.isPending ? (
        <Bones />
      ) : answer.isError && answer.data === undefined ? (
        <ProblemNote problem={problemIn(answer.error)} />
      ) : (
        <div className={cx('space-y-6', answer.isPlaceholderData && 'opacity-60')}>
          <Body found={answer.data} />
        </div>
      )}
    </div>
  );
}

function Head({ search }: { readonly search: AnalyticsSearch }): ReactNode {
  const navigate = useNavigate({ from: '/analytics' });
  const set = (next: AnalyticsSearch): void => void navigate({ search: next, replace: true });
  const window = search.window ?? '7d';
  return (
    <header className="mb-4 flex min-h-8 flex-wrap items-center gap-x-4 gap-y-3">
      <h1 className="text-xl font-semibold tracking-tight">Analytics</h1>
      <fieldset aria-label="Window" className="flex rounded-control bg-sunken p-0.5">
        {ANALYTICS_WINDOWS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={window === each}
            onClick={() => {
              const { window: _, ...rest } = search;
              set(each === '7d' ? rest : { ...rest, window: each });
            }}
            className={cx(
              'h-7 rounded-[5px] px-3 text-sm text-muted pointer-coarse:h-10',
              window === each && 'bg-surface font-medium text-text',
            )}
          >
            {TITLES[each]}
          </button>
        ))}
      </fieldset>
      <div className="ml-auto flex flex-wrap items-center gap-2 max-sm:ml-0 max-sm:w-full">
        <Select
          aria-label="Kind of service"
          value={search.kind ?? ''}
          onChange={(event) => {
            const { kind: _, ...rest } = search;
            const kind = event.currentTarget.value;
            set(kind === '' ? rest : { ...rest, kind });
          }}
          className="h-8 w-auto"
        >
          <option value="">All kinds</option>
          {SERVICE_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kinds[kind].title}
            </option>
          ))}
        </Select>
        <Input
          key={search.label ?? ''}
          aria-label="Label"
          placeholder="env=prod"
          defaultValue={search.label ?? ''}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
          onBlur={(event) => {
            const { label: _, ...rest } = search;
            const label = event.currentTarget.value.trim();
            if (label !== (search.label ?? '')) set(label === '' ? rest : { ...rest, label });
          }}
          className="h-8 w-32"
        />
        <a
          href={`/v1/analytics?${analyticsQueryText(search)}&format=csv&table=slots`}
          download
          className={buttonClass()}
          aria-label="Export as CSV"
        >
          <Download aria-hidden /> CSV
        </a>
      </div>
    </header>
  );
}

function Body({ found }: { readonly found: Answer }): ReactNode {
  const { at, widthMs } = found;
  if (found.counted.of === 0 && found.metrics.length === 0 && (found.runs.ended.now ?? 0) === 0)
    return (
      <div className="pane">
        <Empty icon={ChartIcon} title="Nothing to count yet">
          Trends are made of the history of services, alerts, jobs and metrics. With a filter, nothing passes it.
        </Empty>
      </div>
    );
  const axis = { at, widthMs, slotName: slotNameOf(widthMs) };
  const lowest = Math.min(100, ...found.uptime.values.filter((value) => value !== null));
  return (
    <>
      <Figures found={found} />
      {found.counted.services < found.counted.of && (
        <p className="text-sm text-muted">
          Counted are {count(found.counted.services)} of {plural(found.counted.of, 'service')}; narrow them by kind or
          label to see the rest.
        </p>
      )}
      <div className="grid gap-6 xl:grid-cols-2">
        <Trend
          {...axis}
          title="Uptime"
          note={`${pct(found.uptime.now)}, before ${pct(found.uptime.before)}`}
          lines={[{ title: 'Uptime', values: found.uptime.values, tone: 'accent' }]}
          format={(value) => `${Number(value.toFixed(3))} %`}
          floor={Math.max(0, lowest - (100 - lowest) * 0.2 - 0.05)}
          ceiling={100 + (100 - lowest) * 0.05 + 0.01}
        />
        <Trend
          {...axis}
          title="Response time"
          note="median and 95th percentile"
          lines={[
            { title: 'p50', values: found.latency.p50.values, tone: 'accent' },
            { title: 'p95', values: found.latency.p95.values, tone: 'pale' },
          ]}
          format={latency}
        />
        <Trend
          {...axis}
          title="Alerts"
          note={`${count(found.alerts.now ?? 0)}, before ${count(found.alerts.before ?? 0)}`}
          lines={[{ title: 'Alerts', values: found.alerts.values, tone: 'down', isBars: true }]}
          format={whole}
        />
        <Trend
          {...axis}
          title="Incidents"
          note={`${count(found.incidents.now ?? 0)}, before ${count(found.incidents.before ?? 0)}`}
          lines={[{ title: 'Incidents', values: found.incidents.values, tone: 'down', isBars: true }]}
          format={whole}
        />
        <Trend
          {...axis}
          title="Jobs and runs"
          note={`${count(found.runs.ended.now ?? 0)} ended, ${count(found.runs.failed.now ?? 0)} failed`}
          lines={[
            { title: 'Ended', values: found.runs.ended.values, tone: 'accent', isBars: true },
            { title: 'Failed', values: found.runs.failed.values, tone: 'down', isBars: true },
          ]}
          format={whole}
        />
        <Trend
          {...axis}
          title="Connections"
          note={`uptime of ${plural(found.connections.count, 'connection')}, ${pct(found.connections.uptime.now)}`}
          lines={[{ title: 'Uptime', values: found.connections.uptime.values, tone: 'accent' }]}
          format={(value) => `${Number(value.toFixed(3))} %`}
          ceiling={101}
        />
        {found.metrics.map((metric) => (
          <MetricTrend key={metric.id} metric={metric} axis={axis} />
        ))}
      </div>
      {found.derived.length > 0 && (
        <section aria-labelledby="derived" className="space-y-3">
          <h2 id="derived" className="text-base font-medium">
            Fleet and server
          </h2>
          <div className="grid gap-6 md:grid-cols-2 xl:grid-cols-3">
            {found.derived.map((metric) => (
              <MetricTrend key={metric.id} metric={metric} axis={axis} />
            ))}
          </div>
        </section>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 xl:grid-cols-3">
        <Services found={found} />
        <div className="space-y-6">
          <Rules found={found} />
          <Groups found={found} />
        </div>
      </div>
    </>
  );
}

function MetricTrend({
  metric,
  axis,
}: {
  readonly metric: MetricLine;
  readonly axis: Pick<ComponentProps<typeof Trend>, 'at' | 'slotName' | 'widthMs'>;
}): ReactNode {
  return (
    <Trend
      {...axis}
      title={metric.title}
      note={metricNote(metric)}
      lines={[{ title: metric.title, values: metric.values, tone: 'accent' }]}
      format={(value) => `${count(Number(value.toFixed(2)))}${metric.unit === '' ? '' : ` ${metric.unit}`}`}
      target={metric.target}
    />
  );
}

function Figures({ found }: { readonly found: Answer }): ReactNode {
  const figures: readonly Figure[] = [
    figureOf('Uptime', found.uptime, 'pct', 'high'),
    figureOf('p95', found.latency.p95, 'latency', 'low'),
    figureOf('Alerts', found.alerts, 'count', 'low'),
    figureOf('Mean time to acknowledge', found.alerts.ackMs, 'time', 'low'),
    figureOf('Mean time to recover', found.alerts.recoverMs, 'time', 'low'),
    figureOf('Incidents', found.incidents, 'count', 'low'),
    figureOf('Runs', found.runs.ended, 'count', 'neither'),
    figureOf('Runs that failed', found.runs.failureRate, 'pct', 'low'),
  ];
  return (
    <dl
      aria-label="Compared with the window before"
      className="pane grid grid-cols-2 overflow-clip sm:grid-cols-4 2xl:grid-cols-8"
    >
      {figures.map(({ title, value, moved, isWorse }) => (
        <div key={title} className="-mt-px -ml-px border-t border-l px-4 py-3">
          <dt className="truncate text-xs text-muted" title={title}>
            {title}
          </dt>
          <dd className="mt-0.5 text-xl font-medium">{value}</dd>
          <dd className={cx('truncate text-xs', isWorse === true ? 'text-down' : 'text-muted')}>
            {moved === '' ? 'nothing before' : moved}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Services({ found }: { readonly found: Answer }): ReactNode {
  return (
    <Pane title="Noisiest services" note="by alerts, then time down" className="xl:col-span-2">
      {found.services.length === 0 ? (
        <p className="px-4 py-8 text-center text-sm text-muted">No service passes the filter.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard.
        <section className="overflow-x-auto" tabIndex={0} aria-label="Noisiest services">
          <table className="w-full min-w-[36rem] text-sm">
            <thead>
              <tr className="text-left text-xs text-muted">
                {['Service', 'Alerts', 'Outages', 'Down', 'Uptime', 'Before', 'p95'].map((title, i) => (
                  <th key={title} scope="col" className={cx('px-4 py-2 font-medium', i > 0 && 'text-right')}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.services.slice(0, LINES_MAX).map((line) => (
                <tr key={line.id} className="border-t">
                  <th scope="row" className="max-w-64 truncate px-4 py-2 text-left font-medium">
                    <Link to="/services/$id" params={{ id: line.id }} className="hover:underline">
                      {line.name}
                    </Link>
                  </th>
                  <td className="px-4 py-2 text-right">{count(line.alerts)}</td>
                  <td className="px-4 py-2 text-right">{count(line.outages)}</td>
                  <td className={cx('px-4 py-2 text-right whitespace-nowrap', line.downMs > 0 && 'text-down')}>
                    {line.downMs === 0 ? '–' : duration(line.downMs)}
                  </td>
                  <td className="px-4 py-2 text-right whitespace-nowrap">{pct(line.pct)}</td>
                  <td className="px-4 py-2 text-right whitespace-nowrap text-muted">{pct(line.pctBefore)}</td>
                  <td className="px-4 py-2 text-right whitespace-nowrap">{latency(line.p95)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Pane>
  );
}

function Rules({ found }: { readonly found: Answer }): ReactNode {
  return (
    <Pane title="Alerts by rule">
      {found.alerts.byRule.length === 0 ? (
        <p className="px-4 py-6 text-center text-sm text-muted">No alert began in this window.</p>
      ) : (
        <ul>
          {found.alerts.byRule.slice(0, 10).map(({ rule, name, count: n }) => (
            <li key={rule} className="flex justify-between gap-4 border-b px-4 py-2 text-sm last:border-b-0">
              <span className="truncate">{name === '' ? rule : name}</span>
              <span>{count(n)}</span>
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

function Groups({ found }: { readonly found: Answer }): ReactNode {
  if (found.groups.length === 0) return null;
  return (
    <Pane title="Groups">
      <ul>
        {found.groups.map((group) => (
          <li key={group.name} className="flex items-baseline gap-4 border-b px-4 py-2 text-sm last:border-b-0">
            <Link to="/services" search={{ group: group.name }} className="min-w-0 flex-1 truncate hover:underline">
              {group.name}
            </Link>
            <span className="text-xs text-muted">{plural(group.services, 'service')}</span>
            <span className="w-20 text-right">{pct(group.pct)}</span>
          </li>
        ))}
      </ul>
    </Pane>
  );
}

function Bones(): ReactNode {
  return (
    <output aria-label="Loading" className="block space-y-6">
      <Bone className="h-24 w-full rounded-card" />
      <div className="grid gap-6 xl:grid-cols-2">
        {[0, 1, 2, 3].map((i) => (
          <Bone key={i} className="h-60 w-full rounded-card" />
        ))}
      </div>
    </output>
  );
}

function metricNote({ value, unit, target, trend, kind }: Answer['metrics'][number]): string {
  const parts = [`${value === null ? '–' : count(value)}${unit === '' ? '' : ` ${unit}`}`];
  if (trend.d1 !== null) parts.push(`${trend.d1 >= 0 ? '+' : '−'}${count(Math.abs(trend.d1))} in a day`);
  if (target !== null) parts.push(`target ${count(target)}`);
  return kind === 'counter' ? `${parts.join(', ')}, counted up` : parts.join(', ');
}

function whole(value: number): string {
  return Number.isInteger(value) ? count(value) : '';
}

const TITLES = { '24h': '24 h', '7d': '7 d', '30d': '30 d', '90d': '90 d' } as const;
const LINES_MAX = 20;
