/**
 * A histogram as metrics of ours, each of which is one number: how many there were, their average, and where half and 95 % of
 * them lie, estimated within their bucket. Points with the same bounds are one histogram, whatever their attributes.
 */
import { listOf, objectOf } from './attributes.ts';
import { BUCKETS_MAX } from './shapes.ts';

/** Points that were added up. */
export interface Histogram {
  readonly count: number;
  readonly sum: number | null;
  readonly bounds: readonly number[];
  /** One more than bounds; none when only count and sum are told. */
  readonly buckets: readonly number[];
  readonly min: number | null;
  readonly max: number | null;
}

/** Reads one point; null when it holds no histogram. */
export function readHistogram(raw: unknown): Histogram | null {
  const point = objectOf(raw);
  const count = numberOf(point['count']) ?? 0;
  const bounds = listOf(point['explicitBounds']).map(numberOf);
  const buckets = listOf(point['bucketCounts']).map(numberOf);
  if (!bounds.every(isNumber) || !buckets.every(isNumber)) return null;
  const fits = buckets.length === 0 || buckets.length === bounds.length + 1;
  const isOrdered = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? 0));
  if (!fits || !isOrdered || buckets.length > BUCKETS_MAX || count < 0 || buckets.some((each) => each < 0)) return null;
  const [sum, min, max] = [numberOf(point['sum']), numberOf(point['min']), numberOf(point['max'])];
  return { count, sum, bounds, buckets, min, max };
}

/** Two of them as one; null when their buckets are not the same. */
export function bothOf(a: Histogram, b: Histogram): Histogram | null {
  const isSame = a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i]);
  if (!isSame || a.buckets.length !== b.buckets.length) return null;
  return {
    count: a.count + b.count,
    sum: a.sum === null || b.sum === null ? null : a.sum + b.sum,
    bounds: a.bounds,
    buckets: a.buckets.map((count, i) => count + (b.buckets[i] ?? 0)),
    // What one of them does not tell bounds nothing.
    min: a.min === null || b.min === null ? null : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? null : Math.max(a.max, b.max),
  };
}

/** The value that a share of them lies below, as even as they may lie within its bucket; null when nothing tells. */
export function quantileOf({ bounds, buckets, min, max }: Histogram, share: number): number | null {
  const total = buckets.reduce((held, each) => held + each, 0);
  if (total === 0) return null;
  const wanted = share * total;
  let below = 0;
  for (const [i, count] of buckets.entries()) {
    if (count === 0 || below + count < wanted) {
      below += count;
      continue;
    }
    // The outermost buckets have one bound: the least and the greatest value close them, where they are told.
    const first = bounds[0] ?? min ?? 0;
    const low = i === 0 ? (min ?? Math.min(0, first)) : (bounds[i - 1] ?? first);
    const high = bounds[i] ?? max ?? low;
    const value = low + (high - low) * ((wanted - below) / count);
    return Math.min(Math.max(value, min ?? value), max ?? value);
  }
  return null;
}

function isNumber(value: number | null): value is number {
  return value !== null;
}

/** 64-bit numbers are text. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'string' && /^\d{1,20}$/u.test(value)) return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
