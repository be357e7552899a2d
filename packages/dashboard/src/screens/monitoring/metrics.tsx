import type { Metric } from '@statewire/model';
import { ChangeHighlight, Sparkline, useDashboardMetrics } from '@statewire/react';
import { Trash2, TrendingDown, TrendingUp } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count } from '../../lib/format.ts';
import { useCan } from '../../lib/me.ts';
import { remove } from '../../live/command.ts';
import { useRows } from '../../live/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Pane } from '../../parts/pane.tsx';

/** Numbers that the app reports, each with its day and how it moved. Nothing where none are reported. */
export function MetricTiles(): ReactNode {
  const { rows } = useRows('metrics', ['in', 'kind', ['counter', 'gauge']]);
  if (rows.length === 0) return null;
  const sorted = rows.toSorted((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1));
  return (
    <Pane title="Business" note="as the app reports it">
      <ul className="grid overflow-clip sm:grid-cols-2 xl:grid-cols-4">
        {sorted.slice(0, TILES_MAX).map((metric) => (
          <li key={metric.id} className="-mt-px -ml-px min-w-0 border-t border-l px-4 py-3">
            <Tile metric={metric} />
          </li>
        ))}
      </ul>
    </Pane>
  );
}

function Tile({ metric }: { readonly metric: Metric }): ReactNode {
  const { metrics, changes } = useDashboardMetrics({ subject: metric.subject, intervalMs: 1_000 });
  const [change] = changes;
  const canDelete = useCan('metrics:delete');
  const [isDeleting, setDeleting] = useState(false);
  const value = metrics['value'] ?? metric.values['value'] ?? 0;
  const delta = metric.trend?.h1 ?? null;
  const Icon = (delta ?? 0) < 0 ? TrendingDown : TrendingUp;
  return (
    <>
      <p className="flex items-center gap-1 text-xs text-muted">
        <span className="min-w-0 flex-1 truncate">{titleOf(metric)}</span>
        {canDelete && (
          <Button
            size="icon"
            tone="ghost"
            className="-my-1.5 -mr-2"
            aria-label={`Delete ${titleOf(metric)}`}
            onClick={() => setDeleting(true)}
          >
            <Trash2 aria-hidden />
          </Button>
        )}
      </p>
      <Confirm
        open={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${titleOf(metric)}?`}
        verb="Delete it"
        onConfirm={() => remove('metrics', [metric.id])}
      >
        <p>Its value and its past go. When a program reports it again, it begins anew.</p>
      </Confirm>
      <div className="mt-0.5 flex items-end justify-between gap-3">
        <ChangeHighlight value={value} className="rounded text-xl font-medium">
          {count(value)}
          {metric.unit !== '' && <span className="ml-1 text-sm font-normal text-muted">{metric.unit}</span>}
        </ChangeHighlight>
        <Sparkline label={`${titleOf(metric)}, a day`} values={metric.past?.recent.values.slice(-40) ?? []} />
      </div>
      <p className={cx('flex min-h-4 items-center gap-1 truncate text-xs text-muted')} aria-live="polite">
        {delta !== null && (
          <>
            <Icon aria-hidden className="size-3.5" />
            {delta < 0 ? '−' : '+'}
            {count(Math.abs(delta))} in an hour
          </>
        )}
        {metric.target !== null && <span>target {count(metric.target)}</span>}
        {change !== undefined && (
          <span className="truncate text-text">
            moved from {count(change.from)} to {count(change.to)}
          </span>
        )}
      </p>
    </>
  );
}

function titleOf({ title, subject }: Metric): string {
  return title === '' ? subject : title;
}

const TILES_MAX = 24;
