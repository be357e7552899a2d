/**
 * What the observations of a bucket say: counts, and latencies as least, most, sum and a histogram whose 24 classes grow
 * by the factor 1.6 (below 1 ms, then up to 31 s and more). Histograms of buckets add up, so percentiles of any window
 * come from its buckets; they are off by at most one class.
 */

/** Observations that could judge, the unhealthy ones among them, and their latencies. */
export interface Measure {
  readonly checks: number;
  readonly bad: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number;
  /** How many latencies fell into each class. */
  readonly histogram: readonly number[];
}

const CLASSES = 24;
/** Lower edge of each class, ms. */
const EDGES: readonly number[] = Array.from({ length: CLASSES }, (_, i) => (i === 0 ? 0 : 1.6 ** (i - 1)));

export const NO_MEASURE: Measure = {
  checks: 0,
  bad: 0,
  min: null,
  max: null,
  sum: 0,
  histogram: Array.from({ length: CLASSES }, () => 0),
};

/** The samples of a bucket. `x` (could not judge) is no check; its latency, if any, is none of the target's. */
export function measureOf(samples: Iterable<{ readonly ms: number | null; readonly v: string }>): Measure {
  let checks = 0;
  let bad = 0;
  let min: number | null = null;
  let max: number | null = null;
  let sum = 0;
  const histogram = [...NO_MEASURE.histogram];
  for (const { ms, v } of samples) {
    if (v === 'x') continue;
    checks += 1;
    if (v === 'd') bad += 1;
    if (ms === null) continue;
    const value = Math.max(ms, 0);
    min = Math.min(min ?? value, value);
    max = Math.max(max ?? value, value);
    sum += value;
    const at = classOf(value);
    histogram[at] = (histogram[at] ?? 0) + 1;
  }
  return { checks, bad, min, max, sum: round(sum), histogram };
}

/** Several buckets as one. */
export function mergeMeasures(measures: Iterable<Measure>): Measure {
  let merged = NO_MEASURE;
  for (const each of measures) {
    merged = {
      checks: merged.checks + each.checks,
      bad: merged.bad + each.bad,
      min: merged.min === null ? each.min : Math.min(merged.min, each.min ?? merged.min),
      max: merged.max === null ? each.max : Math.max(merged.max, each.max ?? merged.max),
      sum: round(merged.sum + each.sum),
      histogram: merged.histogram.map((count, i) => count + (each.histogram[i] ?? 0)),
    };
  }
  return merged;
}

/** Mean latency, or null. */
export function averageOf(measure: Measure): number | null {
  const count = countOf(measure);
  return count === 0 ? null : round(measure.sum / count);
}

/** The latency below which a share `q` of the answers came, or null. Inside a class it is interpolated. */
export function quantile(measure: Measure, q: number): number | null {
  const { min, max, histogram } = measure;
  if (min === null || max === null) return null;
  const rank = q * countOf(measure);
  let before = 0;
  for (const [i, count] of histogram.entries()) {
    if (count > 0 && before + count >= rank) {
      const low = Math.max(EDGES[i] ?? 0, min);
      const high = Math.min(EDGES[i + 1] ?? Infinity, max);
      return round(low + (Math.max(high, low) - low) * Math.max(0, (rank - before) / count));
    }
    before += count;
  }
  return max;
}

/** A histogram as short text: the first class that has any, then the counts: `12.5,4,1`. Empty without any. */
export function histogramText(histogram: readonly number[]): string {
  const first = histogram.findIndex((count) => count > 0);
  if (first < 0) return '';
  const last = histogram.findLastIndex((count) => count > 0);
  return `${first}.${histogram.slice(first, last + 1).join(',')}`;
}

export function histogramOf(text: string): readonly number[] {
  const histogram = [...NO_MEASURE.histogram];
  const dot = text.indexOf('.');
  if (dot < 0) return histogram;
  const first = Number(text.slice(0, dot));
  for (const [i, count] of text
    .slice(dot + 1)
    .split(',')
    .entries())
    histogram[first + i] = Number(count);
  return histogram;
}

function countOf({ histogram }: Measure): number {
  return histogram.reduce((sum, count) => sum + count, 0);
}

function classOf(ms: number): number {
  let at = CLASSES - 1;
  while (at > 0 && ms < (EDGES[at] ?? 0)) at -= 1;
  return at;
}

/** Microseconds are enough, and the same whatever the order of adding. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
