import type { Service } from '@statewire/model';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { plural } from '../../lib/format.ts';
import { outages } from '../../lib/series.ts';
import { serverNow } from '../../lib/ticker.ts';
import { Pane } from '../../parts/pane.tsx';
import { ProblemNote } from '../../parts/problem.tsx';
import { Bone, BoneRows } from '../../parts/skeleton.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { historyQuery } from '../../rest/queries.ts';
import { problemIn } from '../../rest/request.ts';
import type { Sample } from '../../rest/types.ts';

const LatencyChart = lazy(() => import('../../parts/latency-chart.tsx'));

const spans = [
  { ms: 3_600_000, title: '1 h' },
  { ms: 6 * 3_600_000, title: '6 h' },
  { ms: 24 * 3_600_000, title: '24 h' },
  { ms: 48 * 3_600_000, title: '48 h' },
] as const;

const SHORTEST_MS = 300_000;

// The page lives long; what came in while it was open is kept up to this many.
const LIVE_SAMPLES_MAX = 2000;

/** The chart with its live edge, and the timeline below it; `side` stands beside them. */
export function HistoryPanes({ row, side }: { row: Service; side: ReactNode }): ReactNode {
  const [spanMs, setSpan] = useState<number>(spans[0].ms);
  const history = useQuery(historyQuery('services', row.id, spanMs, row.flaps));
  const live = useLiveEdge(row);
  const samples = useMemo(() => {
    const old = history.data?.samples ?? [];
    const edge = old.at(-1)?.at ?? 0;
    return [...old, ...live.filter((sample) => sample.at > edge)];
  }, [history.data, live]);
  const to = Math.max(serverNow(), samples.at(-1)?.at ?? 0);
  // A young service is shown from its beginning, not as a sliver at the end of an empty hour.
  const from = Math.max(to - spanMs, Math.min(row.createdAt, to - SHORTEST_MS));
  const bad = useMemo(() => outages(history.data?.transitions ?? [], from, to), [history.data, from, to]);
  const downs = bad.filter((outage) => outage.status === 'down').length;
  const inSpan = samples.some((sample) => sample.at >= from && sample.ms !== null);

  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
      <div className="min-w-0 space-y-6">
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
                    'h-6 rounded-[5px] px-2 text-xs text-muted pointer-coarse:h-9 pointer-coarse:px-3',
                    span.ms === spanMs && 'bg-surface font-medium text-text',
                  )}
                >
                  {span.title}
                </button>
              ))}
            </fieldset>
          }
        >
          <div className="p-3">
            {history.isPending ? (
              <Bone className="h-[220px] w-full" />
            ) : inSpan || bad.length > 0 ? (
              <Suspense fallback={<Bone className="h-[220px] w-full" />}>
                <LatencyChart samples={samples} outages={bad} from={from} to={to} />
              </Suspense>
            ) : (
              <p className="flex h-[220px] items-center justify-center text-sm text-muted">
                {row.kind === 'heartbeat' ? 'A heartbeat has no response time.' : 'Nothing was measured in this time.'}
              </p>
            )}
          </div>
          <p className="flex min-h-9 flex-wrap items-center gap-x-4 border-t px-4 py-2 text-xs text-muted">
            <span>
              <span aria-hidden className="mr-1.5 inline-block h-0.5 w-4 bg-accent align-middle" />
              p50
            </span>
            <span>
              <span aria-hidden className="mr-1.5 inline-block w-4 border-t border-dashed border-accent align-middle" />
              p95
            </span>
            <span className="ml-auto">
              {downs === 0 ? 'No downtime in this time' : `${plural(downs, 'time')} down, shaded`}
            </span>
          </p>
        </Pane>
        <Pane title="Timeline" note="confirmed changes">
          {history.isPending ? (
            <BoneRows rows={4} className="h-14" />
          ) : history.isError ? (
            <ProblemNote problem={problemIn(history.error)} className="m-3" />
          ) : history.data.transitions.length === 0 ? (
            <p className="px-4 py-8 text-center text-sm text-muted">
              No change in this time. Suspicions that were not confirmed are not listed.
            </p>
          ) : (
            <Timeline transitions={history.data.transitions} />
          )}
        </Pane>
      </div>
      <div className="min-w-0 space-y-6">{side}</div>
    </div>
  );
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
