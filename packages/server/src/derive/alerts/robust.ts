/** Statistics that a few outliers do not bend: medians, their spread, and the median of slopes. */
import type { Sample } from './finding.ts';

/** Measured times within a span, in order of size. */
export function timesOf(samples: readonly Sample[], from: number, to: number): readonly number[] {
  return samples
    .filter(({ at, ms }) => at > from && at <= to && ms !== null)
    .map(({ ms }) => ms ?? 0)
    .sort((a, b) => a - b);
}

/** Of the observations within a span that judge at all: how many failed. */
export function badShare(
  samples: readonly Sample[],
  from: number,
  to: number,
): { readonly share: number; readonly judged: number; readonly bad: number } {
  let judged = 0;
  let bad = 0;
  for (const { at, v } of samples) {
    if (at <= from || at > to || v === 'x') continue;
    judged += 1;
    if (v === 'd') bad += 1;
  }
  return { share: judged === 0 ? 0 : bad / judged, judged, bad };
}

/** What was observed in one slice of time. */
export interface Bucket {
  readonly at: number;
  readonly times: readonly number[];
  readonly judged: number;
  readonly bad: number;
}

/** Observations by slices of time; slices without any are left out. */
export function bucketsOf(
  samples: readonly Sample[],
  span: { readonly from: number; readonly to: number; readonly ms: number },
): readonly Bucket[] {
  const buckets = new Map<number, { times: number[]; judged: number; bad: number }>();
  for (const { at, ms, v } of samples) {
    if (at <= span.from || at > span.to) continue;
    const start = Math.floor(at / span.ms) * span.ms;
    const bucket = buckets.get(start) ?? { times: [], judged: 0, bad: 0 };
    buckets.set(start, bucket);
    if (ms !== null) bucket.times.push(ms);
    if (v !== 'x') bucket.judged += 1;
    if (v === 'd') bucket.bad += 1;
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([at, { times, judged, bad }]) => ({ at, times: times.toSorted((a, b) => a - b), judged, bad }));
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
}

/** The middle value of values in any order. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

/** The median distance from the middle. */
export function mad(values: readonly number[], middle: number): number {
  return median(values.map((value) => Math.abs(value - middle)));
}

/** A value at a time. */
export interface Dot {
  readonly at: number;
  readonly value: number;
}

/** A line through dots: units per millisecond, and the share of pairs that rise where it rises. */
export interface Line {
  readonly slope: number;
  readonly agreement: number;
  at(time: number): number;
}

/** The line whose slope is the median of all slopes between two dots. */
export function theilSen(dots: readonly Dot[]): Line {
  const slopes: number[] = [];
  for (const [i, a] of dots.entries()) {
    for (const b of dots.slice(i + 1)) if (b.at !== a.at) slopes.push((b.value - a.value) / (b.at - a.at));
  }
  const slope = median(slopes);
  const middle = median(dots.map(({ at, value }) => value - slope * at));
  const rising = slopes.filter((each) => (slope >= 0 ? each > 0 : each < 0)).length;
  return { slope, agreement: slopes.length === 0 ? 0 : rising / slopes.length, at: (time) => middle + slope * time };
}
