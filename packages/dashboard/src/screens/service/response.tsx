import type { Annotation, Service } from '@statewire/model';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { buckets, points, type Stretch, stretches } from '../../lib/series.ts';
import { serverNow } from '../../lib/ticker.ts';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Bone } from '../../parts/skeleton.tsx';
import { historyQuery } from '../../rest/queries.ts';
import { problemIn } from '../../rest/request.ts';
import type { Sample } from '../../rest/types.ts';

const LatencyChart = lazy(() => import('../../parts/latency-chart.tsx'));

const HOUR_MS = 3_600_000;
const spans = [
  { ms: HOUR_MS, title: '1 h' },
  { ms: 24 * HOUR_MS, title: '24 h' },
  { ms: 7 * 24 * HOUR_MS, title: '7 d' },
  { ms: 30 * 24 * HOUR_MS, title: '30 d' },
  { ms: 90 * 24 * HOUR_MS, title: '90 d' },
] as const;

const SHORTEST_MS = 300_000;

// The page lives long; what came in while it was open is kept up to this many.
const LIVE_SAMPLES_MAX = 2000;

/** Response time over the span that is asked for, with its live edge; what was not simply up is shaded. */
export function ResponsePane({ row, said }: { row: Service; said: readonly Annotation[] }): ReactNode {
  const [spanMs, setSpan] = useState<number>(spans[0].ms);
  const history = useQuery(historyQuery('services', row.id, spanMs, row.flaps));
  const live = useLiveEdge(row);
  const last = live.at(-1)?.at ?? 0;
  const to = Math.max(serverNow(), last);
  // A young service is shown from its beginning, not as a sliver at the end of an empty hour.
  const from = Math.max(to - spanMs, Math.min(row.createdAt, to - SHORTEST_MS));
  const drawn = useMemo(() => {
    const { data } = history;
    if (data === undefined) return [];
    if (data.resolution !== 'raw')
      return points(
        data.buckets,
        live.filter(({ at }) => at >= data.to),
      );
    const edge = data.samples.at(-1)?.at ?? 0;
    return buckets([...data.samples, ...live.filter(({ at }) => at > edge)], from, to);
    // oxlint-disable-next-line react/exhaustive-deps -- the window moves with each render; the points follow what came in.
  }, [history.data, live]);
  const shaded = useMemo(
    () => [...excludedIn(said, from, to), ...stretches(history.data?.transitions ?? [], from, to, row.status)],
    // oxlint-disable-next-line react/exhaustive-deps -- the span of the window is read anew when points come in, and its movement alone must not redraw them.
    [history.data, live, said, row.status],
  );
  const downs = shaded.filter(({ status }) => status === 'down').length;
  const isDrawn = drawn.some(({ at, p50 }) => p50 !== null && at >= from);

  return (
    <Pane
      title="Response time"
      note={<span data-readout className="text-xs max-sm:hidden" />}
      actions={
        <fieldset aria-label="Span" className="flex rounded-control bg-sunken p-0.5">
          {spans.map((span) => (
            <button
              key={span.ms}
              type="button"
              aria-pressed={span.ms === spanMs}
              onClick={() => setSpan(span.ms)}
              className={cx(
                'h-6 rounded-[5px] px-2 text-xs text-muted pointer-coarse:h-9 pointer-coarse:px-2.5',
                span.ms === spanMs && 'bg-surface font-medium text-text',
              )}
            >
              {span.title}
            </button>
          ))}
        </fieldset>
      }
    >
      <div className={cx('p-3', history.isPlaceholderData && 'opacity-60')}>
        {history.isPending ? (
          <Bone className="h-[220px] w-full" />
        ) : history.isError ? (
          <ProblemNote problem={problemIn(history.error)} />
        ) : isDrawn || shaded.length > 0 ? (
          <Suspense fallback={<Bone className="h-[220px] w-full" />}>
            <LatencyChart points={drawn} shaded={shaded} from={from} to={to} />
          </Suspense>
        ) : (
          <p className="flex h-[220px] items-center justify-center text-center text-sm text-muted">
            {row.kind === 'heartbeat' ? 'A heartbeat has no response time.' : 'Nothing was measured in this time.'}
          </p>
        )}
      </div>
      <p className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-1 border-t px-4 py-2 text-xs text-muted">
        <span>
          <span aria-hidden className="mr-1.5 inline-block h-0.5 w-4 bg-accent align-middle" />
          p50
        </span>
        <span>
          <span aria-hidden className="mr-1.5 inline-block w-4 border-t border-dashed border-accent align-middle" />
          p95
        </span>
        <Shade of={shaded} status="maintenance" word="maintenance" fill="bg-maintenance" />
        <Shade of={shaded} status="excluded" word="excluded" fill="bg-quiet" />
        <span className="ml-auto">
          {downs === 0 ? 'No downtime in this time' : `${plural(downs, 'time')} down, shaded`}
        </span>
      </p>
    </Pane>
  );
}

/** Names a shade that is not self-evident, while it is there. */
function Shade({
  of,
  status,
  word,
  fill,
}: {
  of: readonly Stretch[];
  status: Stretch['status'];
  word: string;
  fill: string;
}): ReactNode {
  if (!of.some((stretch) => stretch.status === status)) return null;
  return (
    <span>
      <span aria-hidden className={cx('mr-1.5 inline-block size-2.5 rounded-sm align-middle opacity-60', fill)} />
      {word}
    </span>
  );
}

/** What was said afterwards: time that is not counted. */
function excludedIn(said: readonly Annotation[], from: number, to: number): readonly Stretch[] {
  return said.flatMap((each) => {
    if (each.kind === 'note' || each.to <= from || each.from >= to) return [];
    return [
      {
        from: Math.max(from, each.from),
        to: Math.min(to, each.to),
        status: each.kind === 'maintenance' ? ('maintenance' as const) : ('excluded' as const),
      },
    ];
  });
}

const letters = { healthy: 'u', degraded: 'g', unhealthy: 'd', unknown: 'x' } as const;

/** What the record measured while the page is open: the live edge of the chart, without asking the history again. */
function useLiveEdge(row: Service): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const last = useRef(row.observedAt ?? 0);
  const { observedAt, latencyMs, observed } = row;
  useEffect(() => {
    if (observedAt === null || observedAt <= last.current) return;
    last.current = observedAt;
    setSamples((before) =>
      [...before, { at: observedAt, ms: latencyMs, v: letters[observed] }].slice(-LIVE_SAMPLES_MAX),
    );
  }, [observedAt, latencyMs, observed]);
  return samples;
}
