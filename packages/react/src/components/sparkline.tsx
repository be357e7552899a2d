// oxlint-disable jsx-a11y/prefer-tag-over-role -- a drawing in the page is an svg; the role is how it is named.
import { memo, type ReactNode } from 'react';
import { classes } from './words.ts';

export interface SparklineProps {
  /** Newest last; null is a gap and drawn as one. */
  readonly values: readonly (number | null)[];
  /** What it shows: `latency`. */
  readonly label: string;
  readonly unit?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly className?: string | undefined;
}

/** A thin line of recent values. */
export const Sparkline: (props: SparklineProps) => ReactNode = memo(function Sparkline(
  props: SparklineProps,
): ReactNode {
  const { values, label, unit = 'ms', width = 96, height = 20, className } = props;
  return (
    <svg
      className={classes('sw-sparkline', className)}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label}: ${summary(values, unit)}`}
    >
      <path d={pathOf(values, width, height)} />
    </svg>
  );
});

function pathOf(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((value) => value !== null);
  const max = Math.max(...known, 1);
  const step = values.length > 1 ? (width - 2) / (values.length - 1) : 0;
  let isDrawing = false;
  let path = '';
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const x = (1 + i * step).toFixed(1);
    const y = (height - 1 - (value / max) * (height - 2)).toFixed(1);
    // A lone value between gaps is a dot: a line of no length with a round end.
    const isLone = !isDrawing && (values[i + 1] ?? null) === null;
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}${isLone ? 'h.01' : ''}`;
    isDrawing = true;
  }
  return path;
}

function summary(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return 'nothing measured yet';
  return `${last} ${unit} last, ${Math.min(...known)} to ${Math.max(...known)} ${unit} over ${known.length}`;
}
