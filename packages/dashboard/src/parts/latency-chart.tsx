import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dated, ownZone } from '../lib/dated.ts';
import { clockTime, exact, latency, minuteTime, plural } from '../lib/format.ts';
import { useDark } from '../lib/theme.ts';
import type { Bucket, Stretch } from '../lib/series.ts';

interface Props {
  readonly points: readonly Bucket[];
  readonly shaded: readonly Stretch[];
  readonly from: number;
  readonly to: number;
}

const HEIGHT = 220;

/**
 * Latency over time: the median as a line, the 95th percentile as a paler one, gaps as gaps, downtime and
 * maintenance shaded. New points move the data of the same chart; the chart is made anew only for another theme.
 */
export default function LatencyChart(props: Props): ReactNode {
  // A canvas holds colours and not tokens, so another theme is another chart.
  return <Chart key={String(useDark())} {...props} />;
}

function Chart({ points, shaded: stretches, from, to }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shaded = useRef<readonly Stretch[]>([]);
  const data = useMemo(() => aligned(points), [points]);
  useEffect(() => {
    const node = host.current;
    if (node === null) return undefined;
    const chart = new uPlot(
      optionsFor(node, () => shaded.current),
      [[], [], []],
      node,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: node.clientWidth, height: HEIGHT }));
    observer.observe(node);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => {
    shaded.current = stretches;
    const chart = plot.current;
    if (chart === null) return;
    chart.batch(() => {
      chart.setData(data, false);
      chart.setScale('x', { min: from / 1000, max: to / 1000 });
      chart.setScale('y', { min: 0, max: top(data) });
    });
  }, [data, stretches, from, to]);
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a canvas inside a box cannot be an <img>.
    <div ref={host} className="h-[220px] w-full" role="img" aria-label={spoken(points, stretches)} />
  );
}

function aligned(list: readonly Bucket[]): uPlot.AlignedData {
  return [list.map((b) => b.at / 1000), list.map((b) => b.p50), list.map((b) => b.p95)];
}

function top(data: uPlot.AlignedData): number {
  let max = 1;
  for (const value of data[2] ?? []) if (typeof value === 'number' && value > max) max = value;
  return max * 1.15;
}

function optionsFor(node: HTMLElement, stretches: () => readonly Stretch[]): uPlot.Options {
  const style = getComputedStyle(node);
  const colour = (token: string): string => style.getPropertyValue(token).trim();
  const fills: Fills = {
    down: colour('--down-fill'),
    degraded: colour('--degraded-fill'),
    maintenance: colour('--maintenance'),
    excluded: colour('--muted'),
  };
  const font = `11px ${style.fontFamily}`;
  const axis: uPlot.Axis = {
    font,
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), ownZone()),
    width: node.clientWidth,
    height: HEIGHT,
    padding: [12, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false }, sync: { key: 'page' } },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 90,
        values: (chart, splits) => splits.map((s) => tick(s * 1000, spanOf(chart))),
      },
      { ...axis, size: 58, values: (chart, splits) => splits.map((v) => (isEmpty(chart) ? '' : latency(v))) },
    ],
    series: [
      {},
      { stroke: colour('--accent'), width: 1.5, spanGaps: false, points: { show: true, size: 4, filter: alone } },
      { stroke: colour('--accent'), width: 1, alpha: 0.45, dash: [3, 3], spanGaps: false, points: { show: false } },
    ],
    hooks: {
      drawClear: [(chart) => shade(chart, stretches(), fills)],
      setCursor: [(chart) => readOut(chart, node)],
    },
  };
}

/** Nothing was measured: the scale would be made up. */
function isEmpty(chart: uPlot): boolean {
  for (const value of chart.data[1] ?? []) if (value != null) return false;
  return true;
}

type Fills = Readonly<Record<Stretch['status'], string>>;

const DAY_S = 86_400;

/** What the time axis says: seconds where minutes alone would repeat, days where hours would. */
function tick(at: number, spanS: number): string {
  if (spanS > 2 * DAY_S) return dayOf(at);
  return (spanS < 900 ? clockTime : minuteTime)(at);
}

const dayOf = dated({ day: 'numeric', month: 'short' });

function spanOf(chart: uPlot): number {
  const { min, max } = chart.scales['x'] ?? {};
  return min != null && max != null ? max - min : 0;
}

/** A measurement between two gaps has no line; it is drawn as a point. */
function alone(chart: uPlot, series: number): number[] {
  const values = chart.data[series] ?? [];
  const found: number[] = [];
  for (let i = 0; i < values.length; i += 1)
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  return found;
}

function shade(chart: uPlot, stretches: readonly Stretch[], fills: Fills): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, to, status } of stretches) {
    const x0 = chart.valToPos(from / 1000, 'x', true);
    // At least two pixels: a short outage must not vanish in a long range.
    const x1 = Math.max(x0 + 2, chart.valToPos(to / 1000, 'x', true));
    ctx.globalAlpha = 0.14;
    ctx.fillStyle = fills[status];
    ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height);
    ctx.globalAlpha = 0.9;
    ctx.fillRect(x0, bbox.top + bbox.height - 2, x1 - x0, 2);
  }
  ctx.restore();
}

/** What the crosshair points at, as text in the chart's corner: no legend, no floating box over the lines. */
function readOut(chart: uPlot, node: HTMLElement): void {
  const at = chart.cursor.idx;
  const out = node.parentElement?.querySelector('[data-readout]');
  if (out == null) return;
  const time = at == null ? undefined : chart.data[0][at];
  if (at == null || time === undefined) {
    out.textContent = '';
    return;
  }
  const p50 = chart.data[1]?.[at] ?? null;
  const p95 = chart.data[2]?.[at] ?? null;
  const when = (spanOf(chart) > DAY_S ? exact : clockTime)(time * 1000);
  out.textContent = p50 === null ? `${when} · no data` : `${when} · p50 ${latency(p50)} · p95 ${latency(p95)}`;
}

function spoken(points: readonly Bucket[], stretches: readonly Stretch[]): string {
  const measured = points.filter(({ p50 }) => p50 !== null).length;
  const down = stretches.filter(({ status }) => status === 'down').length;
  return `Response time, ${plural(measured, 'point')}, ${down === 0 ? 'no downtime' : `${plural(down, 'time')} down`}`;
}
