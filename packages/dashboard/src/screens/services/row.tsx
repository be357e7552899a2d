import { ChangeHighlight, Sparkline, UptimeBar } from '@statewire/react';
import { Link } from '@tanstack/react-router';
import { BellOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { latency } from '../../lib/format.ts';
import { kinds } from '../../lib/kinds.ts';
import { type ListedService, uptimeIn, type UptimeWindow } from '../../lib/listed.ts';
import { coverageText, isThin, percent } from '../../lib/uptime.ts';
import { percentile } from '../../lib/percentile.ts';
import { lookOf, StatusIcon } from '../../parts/status.tsx';
import { Ago, Lasting } from '../../parts/time.tsx';
import { reasonOf, sinceOf } from '../overview.tsx';

export function NameCell({ row }: { row: ListedService }): ReactNode {
  const Kind = kinds[row.kind].icon;
  return (
    <div className="flex min-w-0 items-center gap-2.5">
      <Kind aria-label={kinds[row.kind].title} className="size-4 shrink-0 text-muted" />
      <Link to="/services/$id" params={{ id: row.id }} className="truncate font-medium hover:underline">
        {row.name}
      </Link>
      {row.overlay.muted && <Muted />}
      {row.managedBy === 'demo' && <span className="shrink-0 rounded border px-1 text-xs text-muted">demo</span>}
    </div>
  );
}

/** The word, and why when it is not simply up: calm rows say one grey word. */
export function StatusCell({ row }: { row: ListedService }): ReactNode {
  const look = lookOf(row);
  const isCalm = row.status === 'up' && look.word === 'Up';
  return (
    <ChangeHighlight value={look.word} className="flex min-w-0 items-center gap-2 rounded">
      <StatusIcon look={look} label={false} />
      <span className={cx('shrink-0', isCalm ? 'text-muted' : cx('font-medium', look.ink))}>{look.word}</span>
      {!isCalm && (
        <span className="truncate text-muted" title={reasonOf(row)}>
          <Lasting since={sinceOf(row)} short />
          {reasonOf(row) !== '' && ` · ${reasonOf(row)}`}
        </span>
      )}
    </ChangeHighlight>
  );
}

export function BarCell({ row }: { row: ListedService }): ReactNode {
  return <UptimeBar bar={row.recent.bar} />;
}

export function LatencyCell({ row }: { row: ListedService }): ReactNode {
  return (
    <div className="flex items-center gap-3">
      <Sparkline label="Latency" values={row.recent.ms} />
      <span className="text-muted">{latency(percentile(row.recent.ms, 0.95))}</span>
    </div>
  );
}

/** Of a window; pale where it stands on little. */
export function UptimeCell({ row, window }: { row: ListedService; window: UptimeWindow }): ReactNode {
  const value = uptimeIn(row, window);
  if (value === null) return <span className="text-muted">–</span>;
  return (
    <span title={coverageText(value)} className={cx((isThin(value) || value.pct === 100) && 'text-muted')}>
      {percent(value.pct, 2)}
    </span>
  );
}

/** How many say how it is, and how many of them say that it is bad. One alone is no news. */
export function ObserversCell({ row }: { row: ListedService }): ReactNode {
  const { observers = {}, split = '' } = row;
  const all = Object.keys(observers).length;
  if (all < 2) return <span className="text-muted">–</span>;
  const [bad = '0', of = String(all)] = split === '' ? [] : split.split('/');
  return split === '' ? (
    <span className="text-muted" title={`${all} observers agree`}>
      {all}
    </span>
  ) : (
    <span className="text-degraded" title={`${bad} of ${of} observers say that it is bad`}>
      {bad} of {of} bad
    </span>
  );
}

export function LabelsCell({ row }: { row: ListedService }): ReactNode {
  const text = Object.entries(row.labels)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join(', ');
  return (
    <span className="block truncate text-muted" title={text}>
      {text}
    </span>
  );
}

export function GroupCell({ row }: { row: ListedService }): ReactNode {
  return <span className="block truncate text-muted">{row.group}</span>;
}

function Muted(): ReactNode {
  return (
    <span title="Muted" className="inline-flex shrink-0 text-muted">
      <BellOff aria-hidden className="size-3.5" />
      <span className="sr-only">Muted</span>
    </span>
  );
}

export function CheckedCell({ row }: { row: ListedService }): ReactNode {
  return <Ago at={row.observedAt} className="text-muted" />;
}

/** Two lines on a phone: what and how, then why, uptime and when. */
export function NarrowRow({
  row,
  uptime,
}: {
  row: ListedService;
  uptime: { readonly window: UptimeWindow; readonly title: string } | null;
}): ReactNode {
  const look = lookOf(row);
  const isCalm = row.status === 'up' && look.word === 'Up';
  const value = uptime === null ? null : uptimeIn(row, uptime.window);
  return (
    <Link to="/services/$id" params={{ id: row.id }} className="block py-2">
      <span className="flex items-center gap-2">
        <StatusIcon look={look} label={false} />
        <span className="truncate text-base font-medium">{row.name}</span>
        {row.overlay.muted && <Muted />}
        <UptimeBar bar={row.recent.bar} cells={12} className="ml-auto w-[58px]" />
      </span>
      <span className="mt-1 flex items-baseline gap-2 text-sm">
        <span className={cx('min-w-0 truncate', isCalm ? 'text-muted' : look.ink)}>
          {look.word}
          {!isCalm && reasonOf(row) !== '' && <span className="text-muted"> · {reasonOf(row)}</span>}
        </span>
        {value !== null && value.pct !== null && (
          <span className="ml-auto shrink-0 text-xs text-muted">
            {uptime?.title} {percent(value.pct, 2)}
          </span>
        )}
        <Ago
          at={row.observedAt}
          className={cx('shrink-0 text-right text-xs text-muted', value?.pct == null ? 'ml-auto' : 'min-w-12')}
        />
      </span>
    </Link>
  );
}
