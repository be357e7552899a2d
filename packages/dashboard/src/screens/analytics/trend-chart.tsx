import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useDark } from '../../lib/theme.ts';
import { slotNameOf, tickOf } from './slot-name.ts';

/** One line, or one set of bars. */
export interface ChartLine {
  readonly title: string;
  readonly values: readonly (number | null)[];
  readonly tone: 'accent' | 'down' | 'pale';
  readonly isBars?: boolean;
}

interface Props {
  /** Where each slot begins, epoch ms. */
  readonly at: readonly number[];
  readonly widthMs: number;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** The bottom of the scale; default 0. */
  readonly floor?: number;
  /** The top, where there is one. */
  readonly ceiling?: number;
  /** A level to compare with. */
  readonly target?: number | null;
  /** All of it in a sentence, for whoever does not see it. */
  readonly spoken: string;
}

const HEIGHT = 150;

/** Numbers by slot on the axis that all charts of the page share. What was not counted is a gap. */
export default function TrendChart(props: Props): ReactNode {
  // A canvas holds colours and not tokens, so another theme is another chart.
  const isDark = useDark();
  const shape = props.lines.map(({ title, isBars }) => `${title}${isBars === true ? '#' : ''}`).join('\n');
  return <Chart key={`${String(isDark)}\n${shape}\n${props.widthMs}`} {...props} />;
}

function Chart({ at, widthMs, lines, format, floor = 0, ceiling, target = null, spoken }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef({ lines, format, widthMs, target });
  useEffect(() => {
    shown.current = { lines, format, widthMs, target };
  });
  const data = useMemo((): uPlot.AlignedData => {
    // A slot's value stands in its middle.
    const x = at.map((time) => (time + widthMs / 2) / 1000);
    return [x, ...lines.map(({ values }) => [...values])];
  }, [at, widthMs, lines]);
  useEffect(() => {
    const node = host.current;
    if (node === null) return undefined;
    const chart = new uPlot(
      optionsFor(node, () => shown.current),
      [[], ...shown.current.lines.map(() => [])],
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
    const chart = plot.current;
    const [first, last] = [at[0], at.at(-1)];
    if (chart === null || first === undefined || last === undefined) return;
    const values = [...lines.flatMap((line) => line.values), target].filter((value) => value !== null);
    const least = Math.min(floor, ...values);
    const most = ceiling ?? Math.max(least + 1, ...values) * 1.1;
    chart.batch(() => {
      chart.setData(data, false);
      chart.setScale('x', { min: first / 1000, max: (last + widthMs) / 1000 });
      chart.setScale('y', { min: least, max: most });
    });
  }, [data, at, widthMs, lines, floor, ceiling, target]);
  return (
    <div className="relative">
      <p data-readout className="pointer-events-none absolute top-0 right-3 z-10 text-xs text-muted" />
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a canvas inside a box cannot be an <img>. */}
      <div ref={host} className="h-[150px] w-full" role="img" aria-label={spoken} />
    </div>
  );
}

interface Shown {
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly widthMs: number;
  readonly target: number | null;
}

function optionsFor(node: HTMLElement, shown: () => Shown): uPlot.Options {
  const style = getComputedStyle(node);
  const colour = (token: string): string => style.getPropertyValue(token).trim();
  const tones = { accent: colour('--accent'), down: colour('--down-fill'), pale: colour('--accent') };
  const axis: uPlot.Axis = {
    font: `11px ${style.fontFamily}`,
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const bars = uPlot.paths.bars?.({ size: [0.7, 28], radius: 0.15 });
  return {
    width: node.clientWidth,
    height: HEIGHT,
    padding: [18, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false }, sync: { key: 'analytics' } },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 70,
        values: (_, splits) => splits.map((second) => tickOf(second * 1000, shown().widthMs)),
      },
      { ...axis, size: 62, space: 34, values: (_, splits) => splits.map((value) => shown().format(value)) },
    ],
    series: [
      {},
      ...shown().lines.map(({ tone, isBars = false }): uPlot.Series => ({
        stroke: tones[tone],
        width: isBars ? 0 : 1.5,
        spanGaps: false,
        alpha: tone === 'pale' ? 0.45 : 1,
        ...(tone === 'pale' ? { dash: [3, 3] } : {}),
        ...(isBars && bars !== undefined ? { fill: tones[tone], paths: bars } : {}),
        points: { show: !isBars, size: 4 },
      })),
    ],
    hooks: {
      draw: [(chart) => drawTarget(chart, shown().target, colour('--muted'))],
      setCursor: [(chart) => readOut(chart, node, shown())],
    },
  };
}

function drawTarget(chart: uPlot, target: number | null, stroke: string): void {
  if (target === null) return;
  const { ctx, bbox } = chart;
  const y = chart.valToPos(target, 'y', true);
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** What the crosshair points at, in the chart's corner. */
function readOut(chart: uPlot, node: HTMLElement, { lines, format, widthMs }: Shown): void {
  const out = node.parentElement?.querySelector('[data-readout]');
  if (out == null) return;
  const at = chart.cursor.idx;
  const time = at == null ? undefined : chart.data[0][at];
  if (at == null || time === undefined) {
    out.textContent = '';
    return;
  }
  const values = lines.map(({ title, values: of }) => {
    const value = of[at] ?? null;
    return `${title} ${value === null ? 'not counted' : format(value)}`;
  });
  out.textContent = [slotNameOf(widthMs)(time * 1000 - widthMs / 2), ...values].join(' · ');
}
