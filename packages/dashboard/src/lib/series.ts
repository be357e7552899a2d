import type { Status } from '@statewire/model';
import type { HistoryBucket, Sample, Transition } from '../rest/types.ts';
import { isStatus } from './is.ts';

export interface Bucket {
  readonly at: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** A stretch of time that is to be seen in a chart. `excluded`: somebody said that it does not count. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly status: 'down' | 'degraded' | 'maintenance' | 'excluded';
}

// About one bucket per three pixels of a wide chart; more would only be drawn over itself.
const BUCKETS_MAX = 320;

/**
 * Samples (oldest first) as buckets of equal time with their median and 95th percentile. A sample is a bucket of its
 * own while there are few. A missing stretch, longer than three usual distances, becomes an empty bucket: a gap.
 */
export function buckets(samples: readonly Sample[], from: number, to: number): readonly Bucket[] {
  const inside = samples.filter((s) => s.at >= from && s.at <= to);
  const usual = distance(inside);
  if (inside.length <= BUCKETS_MAX)
    return withGaps(
      inside.map((s) => ({ at: s.at, p50: s.ms, p95: s.ms })),
      usual * 3,
    );
  const width = Math.max(1, (to - from) / BUCKETS_MAX);
  const grouped = new Map<number, number[]>();
  for (const sample of inside) {
    const key = Math.floor((sample.at - from) / width);
    const group = grouped.get(key);
    const list = group ?? [];
    if (group === undefined) grouped.set(key, list);
    if (sample.ms !== null) list.push(sample.ms);
  }
  const list = [...grouped].map(([key, values]) => {
    values.sort((a, b) => a - b);
    return { at: from + (key + 0.5) * width, p50: quantile(values, 0.5), p95: quantile(values, 0.95) };
  });
  return withGaps(list, Math.max(usual * 3, width * 2));
}

/**
 * Buckets of the history (oldest first) as points, and what came in since as one more at the live edge. A bucket in
 * which nothing was measured, and one that is not there, are gaps.
 */
export function points(history: readonly HistoryBucket[], live: readonly Sample[]): readonly Bucket[] {
  const list: Bucket[] = [];
  let end: number | null = null;
  for (const { at, widthMs, p50, p95 } of history) {
    if (end !== null && at > end) list.push({ at: end + 1, p50: null, p95: null });
    list.push({ at: at + widthMs / 2, p50, p95 });
    end = at + widthMs;
  }
  const edge = live.flatMap(({ ms }) => (ms === null ? [] : [ms])).sort((a, b) => a - b);
  const last = live.at(-1);
  if (last !== undefined && last.at > (list.at(-1)?.at ?? 0))
    list.push({ at: last.at, p50: quantile(edge, 0.5), p95: quantile(edge, 0.95) });
  return list;
}

/**
 * The stretches inside a window that were not simply up, from transitions (newest first). `now` is what the record
 * says now: the last stretch reaches the live edge, and without a single change it is all there is.
 */
export function stretches(
  transitions: readonly Transition[],
  from: number,
  to: number,
  now: Status,
): readonly Stretch[] {
  const result: Stretch[] = [];
  const add = (status: string, start: number, end: number): void => {
    if (isShaded(status) && end > start) result.push({ from: start, to: end, status });
  };
  let end = to;
  for (const t of transitions) {
    if (t.at >= to) continue;
    add(t.to, Math.max(from, t.at), end);
    end = t.at;
    if (t.at <= from) return result;
  }
  // Before the oldest known change the state was what it changed from.
  add(transitions.at(-1)?.from ?? now, from, end);
  return result;
}

function isShaded(status: string): status is 'down' | 'degraded' | 'maintenance' {
  return isStatus(status) && (status === 'down' || status === 'degraded' || status === 'maintenance');
}

function distance(samples: readonly Sample[]): number {
  const steps: number[] = [];
  for (let i = 1; i < samples.length; i += 1) steps.push((samples[i]?.at ?? 0) - (samples[i - 1]?.at ?? 0));
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 60_000;
}

function withGaps(list: readonly Bucket[], longestMs: number): readonly Bucket[] {
  const result: Bucket[] = [];
  for (const bucket of list) {
    const before = result.at(-1);
    if (before !== undefined && bucket.at - before.at > longestMs)
      result.push({ at: before.at + 1, p50: null, p95: null });
    result.push(bucket);
  }
  return result;
}

function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? null;
}
