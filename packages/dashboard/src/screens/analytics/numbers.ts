import { count, duration, latency } from '../../lib/format.ts';
import type { Compared } from '../../rest/types.ts';

/** `99.95 %`, cut as it was told; `–` where nothing was counted. */
export function pct(value: number | null): string {
  return value === null ? '–' : `${value} %`;
}

/** A number of the window beside the one before: what it is, how it moved, and whether that is good. */
export interface Figure {
  readonly title: string;
  readonly value: string;
  /** `+0.4`, or empty where there is nothing to compare with. */
  readonly moved: string;
  readonly isWorse: boolean | null;
}

export function figureOf(
  title: string,
  { now, before }: Compared,
  kind: 'count' | 'latency' | 'pct' | 'time',
  better: 'high' | 'low' | 'neither',
): Figure {
  const said = { pct, count: countOf, latency: (ms: number | null) => latency(ms), time: timeOf }[kind];
  if (now === null || before === null) return { title, value: said(now), moved: '', isWorse: null };
  const delta = now - before;
  const size = Math.abs(delta);
  const amount =
    kind === 'pct'
      ? `${Number(size.toFixed(3))} points`
      : kind === 'count'
        ? count(size)
        : kind === 'latency'
          ? latency(size)
          : duration(size);
  return {
    title,
    value: said(now),
    moved: delta === 0 ? 'as before' : `${delta > 0 ? '+' : '−'}${amount}`,
    isWorse: delta === 0 || better === 'neither' ? null : delta > 0 === (better === 'low'),
  };
}

function countOf(value: number | null): string {
  return value === null ? '–' : count(value);
}

function timeOf(ms: number | null): string {
  return ms === null ? '–' : duration(ms);
}
