import type { Sample, Transition } from '../rest/types.ts';

export interface Bucket {
  readonly at: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** A stretch of time that was bad. */
export interface Outage {
  readonly from: number;
  readonly to: number;
  readonly status: 'down' | 'degraded';
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
 * The bad stretches inside a window, from transitions (newest first). `status` is what the record says now, so the
 * last stretch reaches the live edge.
 */
export function outages(transitions: readonly Transition[], from: number, to: number): readonly Outage[] {
  const result: Outage[] = [];
  let end = to;
  for (const t of transitions) {
    if (t.at >= to) continue;
    if (t.to === 'down' || t.to === 'degraded') result.push({ from: Math.max(from, t.at), to: end, status: t.to });
    end = t.at;
    if (t.at <= from) return result;
  }
  const oldest = transitions.at(-1);
  // Before the oldest known change the state was what it changed from.
  if (oldest !== undefined && oldest.at > from && (oldest.from === 'down' || oldest.from === 'degraded')) {
    result.push({ from, to: Math.min(end, oldest.at), status: oldest.from });
  }
  return result;
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
