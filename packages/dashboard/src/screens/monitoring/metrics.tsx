import type { Metric } from '@statewire/model';
import { ChangeHighlight, Sparkline, useCollection, useDashboardMetrics } from '@statewire/react';
import { Trash2, TrendingDown, TrendingUp } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { count } from '../../lib/format.ts';
import { chooseLook, useLook } from '../../lib/look.ts';
import { useCan } from '../../lib/me.ts';
import { remove } from '../../live/command.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Select } from '../../parts/field.tsx';
import { Pane } from '../../parts/pane.tsx';

/** Numbers that the app reports, each with its day and how it moved. Nothing where none are reported. */
export function MetricTiles(): ReactNode {
  const { refresh } = useLook();
  const intervalMs = PACES[refresh].ms;
  const { data: rows } = useCollection('metrics', { where: REPORTED, intervalMs });
  if (rows.length === 0) return null;
  const sorted = rows.toSorted((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1));
  return (
    <Pane title="Business" note="as the app reports it" actions={<Refresh />}>
      <ul className="grid overflow-clip sm:grid-cols-2 xl:grid-cols-4">
        {sorted.slice(0, TILES_MAX).map((metric) => (
          <li key={metric.id} className="-mt-px -ml-px min-w-0 border-t border-l px-4 py-3">
            <Tile metric={metric} intervalMs={intervalMs} />
          </li>
        ))}
      </ul>
    </Pane>
  );
}

/** How often they move; one's own choice, in every browser of one's own. */
function Refresh(): ReactNode {
  const { refresh } = useLook();
  return (
    <Select
      aria-label="How often the numbers move"
      className="h-8 w-auto"
      value={refresh}
      onChange={(event) => {
        const next = REFRESHES.find((each) => each === event.currentTarget.value);
        if (next !== undefined) chooseLook({ refresh: next });
      }}
    >
      {REFRESHES.map((each) => (
        <option key={each} value={each}>
          {PACES[each].title}
        </option>
      ))}
    </Select>
  );
}

// Classes of the server's lanes: it sends no more often, whatever changes.
const PACES = {
  live: { title: 'As they come', ms: 100 },
  '1s': { title: 'Every second', ms: 1_000 },
  '5s': { title: 'Every 5 seconds', ms: 5_000 },
} as const;
const REFRESHES = ['live', '1s', '5s'] as const;
const REPORTED = ['in', 'kind', ['counter', 'gauge']];

function Tile({ metric, intervalMs }: { readonly metric: Metric; readonly intervalMs: number }): ReactNode {
  const { metrics, changes } = useDashboardMetrics({ subject: metric.subject, intervalMs });
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
