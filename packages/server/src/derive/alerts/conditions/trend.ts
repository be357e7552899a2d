import { cannotSay, fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';
import { bucketsOf, median, quantile, theilSen, type Dot } from '../robust.ts';

const LOOK_BACK_MS = 7_200_000;
const BUCKET_MS = 300_000;
const BUCKETS_MIN = 8;
const SAMPLES_PER_BUCKET_MIN = 3;
/** Share of pairs that must agree on the direction: chance alone gives a half. */
const AGREEMENT_MIN = 0.8;
/** A line that is still far from the limit says little about when it gets there. */
const SHARE_MIN = 0.3;

/**
 * At this pace the limit is reached within a time. The line is the median of all slopes between five-minute buckets, so
 * that a few outliers do not bend it; it counts only when most pairs of buckets agree that it rises.
 */
export function trendReaches(when: ConditionOf<'trend'>, { measured, now, isOpen }: Asked): Finding {
  const dots = when.of === 'latency' ? latencyDots(measured.samples, now) : metricDots(measured.points, now);
  const evidence = { limit: when.limit, buckets: dots.length, withinMs: when.withinMs };
  if (dots.length < BUCKETS_MIN) return cannotSay(`Only ${dots.length} of ${BUCKETS_MIN} buckets.`, evidence);
  const line = theilSen(dots);
  const value = line.at(now);
  const seen = {
    ...evidence,
    value: round(value),
    perHour: round(line.slope * 3_600_000),
    agreement: round(line.agreement),
  };
  if (line.slope <= 0 || line.agreement < AGREEMENT_MIN) return fails('No steady rise.', seen);
  if (value >= when.limit) return fails(`It is at the limit already: ${round(value)} of ${when.limit}.`, seen);
  if (value < when.limit * SHARE_MIN && !isOpen) return fails('Still far from the limit.', seen);
  const inMs = (when.limit - value) / line.slope;
  const minutes = Math.max(1, Math.round(inMs / 60_000));
  const more = { ...seen, inMs: Math.round(inMs) };
  const text = `Will reach ${when.limit} in ${minutes} min (now ${round(value)}, ${round(line.slope * 3_600_000)} more each hour).`;
  return inMs <= (isOpen ? when.withinMs * 1.5 : when.withinMs) ? holds(text, more) : fails(text, more);
}

function latencyDots(samples: Asked['measured']['samples'], now: number): readonly Dot[] {
  return bucketsOf(samples, { from: now - LOOK_BACK_MS, to: now, ms: BUCKET_MS })
    .filter(({ times }) => times.length >= SAMPLES_PER_BUCKET_MIN)
    .map(({ at, times }) => ({ at: at + BUCKET_MS / 2, value: quantile(times, 0.95) }));
}

function metricDots(points: Asked['measured']['points'], now: number): readonly Dot[] {
  const buckets = new Map<number, number[]>();
  for (const { at, value } of points) {
    if (at <= now - LOOK_BACK_MS || at > now) continue;
    const start = Math.floor(at / BUCKET_MS) * BUCKET_MS;
    const values = buckets.get(start) ?? [];
    buckets.set(start, values);
    values.push(value);
  }
  return [...buckets].map(([at, values]) => ({ at: at + BUCKET_MS / 2, value: median(values) }));
}

function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
