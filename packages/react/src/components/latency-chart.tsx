// oxlint-disable jsx-a11y/prefer-tag-over-role -- a drawing in the page is an svg; the role is how it is named.
import { clockTime, latencyText } from '@statewire/client/look';
import { memo, useMemo, useState, type PointerEvent, type ReactNode } from 'react';
import { styler, type Styled } from './styled.ts';

/** One measurement: when, and how long it took, or null for a failure. */
export interface LatencyPoint {
  /** Epoch ms. */
  readonly at: number;
  /** Milliseconds; null where nothing was measured. */
  readonly p50: number | null;
  /** The slow end; leave it out where there is one value each. */
  readonly p95?: number | null | undefined;
}

/** A stretch of time that is to be seen. */
export interface LatencyStretch {
  readonly from: number;
  readonly to: number;
  readonly status: 'degraded' | 'down' | 'maintenance';
}

/** What `LatencyChart` takes. */
export interface LatencyChartProps extends Styled<'readout' | 'plot'> {
  /** Oldest first. Null is a gap and drawn as one. */
  readonly points: readonly LatencyPoint[];
  readonly shaded?: readonly LatencyStretch[] | undefined;
  /** The time that is shown; default from the first to the last point. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** What it shows. Default `Response time`. */
  readonly label?: string | undefined;
  /** Height of the plot in pixels. Default 160. */
  readonly height?: number | undefined;
}

/**
 * Latency over time: the median as a line, the slow end as a paler one, gaps as gaps, downtime hatched. The pointer, a
 * finger and the arrow keys read one point. It needs no measuring, so a server can render it and nothing moves after.
 */
export const LatencyChart: (props: LatencyChartProps) => ReactNode = memo(function LatencyChart(
  props: LatencyChartProps,
): ReactNode {
  const { points, shaded = NONE, label = 'Response time', height = 160 } = props;
  const { root, part } = styler(props);
  const from = props.from ?? points[0]?.at ?? 0;
  const to = Math.max(from + 1, props.to ?? points.at(-1)?.at ?? 1);
  const top = useMemo(() => niceTop(points), [points]);
  const [at, setAt] = useState<number | null>(null);
  const box: Box = { from, to, top };
  const read = at === null ? undefined : points[Math.min(at, points.length - 1)];
  const isEmpty = points.every(({ p50 }) => p50 === null);
  return (
    <figure className={root('sw-chart')} aria-label={`${label}: ${spoken(points, shaded)}`} role="group">
      <figcaption className={part('readout', 'sw-chart-head')}>
        <span>{label}</span>
        <span className="sw-chart-readout" aria-hidden="true">
          {read === undefined ? lastText(points) : pointText(read, to - from)}
        </span>
      </figcaption>
      <div className={part('plot', 'sw-chart-plot')} style={{ height }}>
        <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true" className="sw-chart-svg">
          {[0.5, 1].map((share) => (
            <path key={share} className="sw-chart-grid" d={`M0 ${100 - share * 100}H1000`} />
          ))}
          {shaded.map((stretch) => (
            <rect
              key={`${stretch.status}${stretch.from}`}
              className="sw-chart-shade"
              data-tone={stretch.status}
              x={xOf(stretch.from, box)}
              // A short outage must not vanish in a long range.
              width={Math.max(3, xOf(stretch.to, box) - xOf(stretch.from, box))}
              y={0}
              height={100}
            />
          ))}
          <path className="sw-chart-slow" d={line(points, (point) => point.p95 ?? null, box)} />
          <path className="sw-chart-line" d={line(points, (point) => point.p50, box)} />
          {read === undefined ? null : <path className="sw-chart-cursor" d={`M${xOf(read.at, box)} 0V100`} />}
        </svg>
        {read === undefined || read.p50 === null ? null : (
          <span
            className="sw-chart-dot"
            aria-hidden="true"
            style={{ insetInlineStart: `${xOf(read.at, box) / 10}%`, top: `${100 - (read.p50 / top) * 100}%` }}
          />
        )}
        {isEmpty ? <p className="sw-chart-none">Nothing measured in this time</p> : null}
        {isEmpty ? null : (
          <div className="sw-chart-values" aria-hidden="true">
            <span>{latencyText(top)}</span>
            <span>{latencyText(top / 2)}</span>
            <span>0</span>
          </div>
        )}
        {points.length === 0 ? null : (
          <input
            type="range"
            className="sw-uptime-reader"
            min={0}
            max={points.length - 1}
            value={at ?? points.length - 1}
            aria-label={label}
            aria-valuetext={pointText(read ?? points.at(-1), to - from)}
            onChange={(event) => setAt(Number(event.currentTarget.value))}
            onPointerMove={(event) => setAt(nearest(points, timeUnder(event, box)))}
            onPointerDown={(event) => setAt(nearest(points, timeUnder(event, box)))}
            onPointerLeave={(event) => {
              if (document.activeElement !== event.currentTarget) setAt(null);
            }}
            onFocus={() => setAt((is) => is ?? points.length - 1)}
            onBlur={() => setAt(null)}
          />
        )}
      </div>
      <div className="sw-chart-times" aria-hidden="true" suppressHydrationWarning>
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share} suppressHydrationWarning>
            {points.length === 0 ? '' : timeText(from + share * (to - from), to - from)}
          </span>
        ))}
      </div>
    </figure>
  );
});

interface Box {
  readonly from: number;
  readonly to: number;
  readonly top: number;
}

const NONE: readonly LatencyStretch[] = [];

function xOf(at: number, { from, to }: Box): number {
  return Math.round(((Math.min(to, Math.max(from, at)) - from) / (to - from)) * 10_000) / 10;
}

function line(points: readonly LatencyPoint[], valueOf: (point: LatencyPoint) => number | null, box: Box): string {
  let isDrawing = false;
  let path = '';
  for (const [i, point] of points.entries()) {
    const value = valueOf(point);
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const after = points[i + 1];
    const isLone = !isDrawing && (after === undefined || valueOf(after) === null);
    const y = Math.round((1 - Math.min(1, value / box.top)) * 1000) / 10;
    path += `${isDrawing ? 'L' : 'M'}${xOf(point.at, box)} ${y}${isLone ? 'h.01' : ''}`;
    isDrawing = true;
  }
  return path;
}

/** A round number above all values, so that the scale does not breathe with each one. */
function niceTop(points: readonly LatencyPoint[]): number {
  let max = 1;
  for (const { p50, p95 } of points) max = Math.max(max, p50 ?? 0, p95 ?? 0);
  const unit = 10 ** Math.floor(Math.log10(max));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => step * unit >= max * 1.08) ?? 10) * unit;
}

function timeUnder(event: PointerEvent<HTMLElement>, { from, to }: Box): number {
  const box = event.currentTarget.getBoundingClientRect();
  return from + ((event.clientX - box.left) / Math.max(1, box.width)) * (to - from);
}

function nearest(points: readonly LatencyPoint[], at: number): number {
  let best = 0;
  for (const [i, point] of points.entries()) {
    if (Math.abs(point.at - at) < Math.abs((points[best]?.at ?? 0) - at)) best = i;
  }
  return best;
}

const DAY_MS = 86_400_000;

function pointText(point: LatencyPoint | undefined, spanMs: number): string {
  if (point === undefined) return '';
  const when =
    spanMs > DAY_MS ? `${timeText(point.at, spanMs)} ${clockTime(point.at).slice(0, 5)}` : clockTime(point.at);
  if (point.p50 === null) return `${when} · no data`;
  const slow = point.p95 === undefined || point.p95 === null ? '' : ` · p95 ${latencyText(point.p95)}`;
  return `${when} · p50 ${latencyText(point.p50)}${slow}`;
}

/** Without a pointer it says the newest value: no legend is needed where the words stand with the number. */
function lastText(points: readonly LatencyPoint[]): string {
  const last = points.findLast(({ p50 }) => p50 !== null);
  if (last === undefined || last.p50 === null) return '';
  const slow = last.p95 === undefined || last.p95 === null ? '' : ` · p95 ${latencyText(last.p95)}`;
  return `p50 ${latencyText(last.p50)}${slow}`;
}

function timeText(at: number, spanMs: number): string {
  if (spanMs <= 2 * DAY_MS) return clockTime(at).slice(0, spanMs < 900_000 ? 8 : 5);
  const date = new Date(at);
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function spoken(points: readonly LatencyPoint[], shaded: readonly LatencyStretch[]): string {
  const values = points.flatMap(({ p50 }) => (p50 === null ? [] : [p50]));
  if (values.length === 0) return 'nothing measured';
  const down = shaded.filter(({ status }) => status === 'down').length;
  const range = `${latencyText(Math.min(...values))} to ${latencyText(Math.max(...values))} over ${values.length} points`;
  return `${range}, ${down === 0 ? 'no downtime' : `${down} time${down === 1 ? '' : 's'} down`}`;
}
