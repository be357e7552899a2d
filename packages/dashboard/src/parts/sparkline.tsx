import { memo, type ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { latency } from '../lib/format.ts';

const WIDTH = 72;
const HEIGHT = 20;

/** Recent latency as a thin line; gaps are gaps. The accessible name tells the 95th percentile. */
export const Sparkline: (props: { ms: readonly (number | null)[]; className?: string }) => ReactNode = memo(
  function Sparkline({ ms, className }: { ms: readonly (number | null)[]; className?: string }): ReactNode {
    const p95 = percentile(ms, 0.95);
    return (
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        className={cx('h-5 w-[72px] shrink-0 text-muted', className)}
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an inline drawing in the tokens of the theme cannot be an <img>.
        role="img"
        aria-label={p95 === null ? 'No latency measured' : `Latency, 95 % within ${latency(p95)}`}
      >
        <path
          d={line(ms)}
          fill="none"
          stroke="currentColor"
          strokeWidth={1.25}
          strokeLinejoin="round"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
    );
  },
);

/** The q-quantile of what was measured, or null when nothing was. */
export function percentile(values: readonly (number | null)[], q: number): number | null {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? null;
}

function line(ms: readonly (number | null)[]): string {
  const measured = ms.filter((v) => v !== null);
  if (measured.length === 0) return '';
  const low = Math.min(...measured);
  // A flat line stays flat: a span below a tenth of the value is noise, not shape.
  const span = Math.max(Math.max(...measured) - low, low * 0.1, 1);
  const step = WIDTH / Math.max(1, ms.length - 1);
  let path = '';
  let isPenDown = false;
  ms.forEach((value, i) => {
    if (value === null) {
      isPenDown = false;
      return;
    }
    const y = HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
    path += `${isPenDown ? 'L' : 'M'}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    isPenDown = true;
  });
  return path;
}
