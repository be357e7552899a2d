import { cannotSay, fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';
import { badShare, bucketsOf, mad, median, timesOf, type Bucket } from '../robust.ts';
import { percent } from './errors.ts';

const NOW_MS = 900_000;
const BUCKET_MS = 300_000;
const LOOK_BACK_MS = 172_800_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const SAMPLES_MIN = 10;
/** Three hours of five-minute buckets. */
const BUCKETS_MIN = 36;
/** Two hours of the same time of day are enough to prefer them. */
const SAME_HOUR_MIN = 24;
const LEAVE_RATIO = 0.6;
/** Of a normal distribution, the standard deviation in units of the median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;

/**
 * The last 15 minutes are far from what is usual: from the median of five-minute buckets, in units of their own robust
 * spread. Usual is the same time of day (an hour either side) when that was seen, else all of the last 48 hours.
 */
export function isAnomalous(when: ConditionOf<'anomaly'>, asked: Asked): Finding {
  const { measured, now } = asked;
  const recent = when.of === 'latency' ? recentLatency(asked) : recentErrors(asked);
  if (recent.samples < SAMPLES_MIN)
    return cannotSay(`Only ${recent.samples} recent observations.`, { samples: recent.samples });
  const past = bucketsOf(measured.samples, { from: now - LOOK_BACK_MS, to: now - NOW_MS, ms: BUCKET_MS });
  const usable = past.filter((bucket) => (when.of === 'latency' ? bucket.times.length > 0 : bucket.judged > 0));
  if (usable.length < BUCKETS_MIN) {
    return cannotSay(`Only ${usable.length} of ${BUCKETS_MIN} buckets to compare with.`, { buckets: usable.length });
  }
  const sameHour = usable.filter(({ at }) => isSameHour(at, now));
  const basis = sameHour.length >= SAME_HOUR_MIN ? sameHour : usable;
  const values = basis.map((bucket) => (when.of === 'latency' ? median(bucket.times) : bucket.bad / bucket.judged));
  const baseline = median(values);
  // What never varies would call every flutter an anomaly: the spread is at least a share of the value.
  const floor = when.of === 'latency' ? Math.max(baseline * 0.1, 2) : 0.02;
  const spread = Math.max(mad(values, baseline) * MAD_TO_SIGMA, floor);
  const deviation = (recent.value - baseline) / spread;
  const evidence = {
    of: when.of,
    value: round(recent.value),
    baseline: round(baseline),
    spread: round(spread),
    deviation: round(deviation),
    sensitivity: when.sensitivity,
    samples: recent.samples,
    buckets: basis.length,
    basis: basis === sameHour ? 'same time of day' : '48 h',
  };
  const limit = asked.isOpen ? when.sensitivity * LEAVE_RATIO : when.sensitivity;
  const text =
    when.of === 'latency'
      ? `Answers take ${Math.round(recent.value)} ms, usually ${Math.round(baseline)} ms (${round(deviation)} times the usual spread).`
      : `${percent(recent.value)} of observations fail, usually ${percent(baseline)} (${round(deviation)} times the usual spread).`;
  return deviation >= limit ? holds(text, evidence) : fails(text, evidence);
}

function recentLatency({ measured, now }: Asked): { value: number; samples: number } {
  const times = timesOf(measured.samples, now - NOW_MS, now);
  return { value: times.length === 0 ? 0 : median(times), samples: times.length };
}

function recentErrors({ measured, now }: Asked): { value: number; samples: number } {
  const { share, judged } = badShare(measured.samples, now - NOW_MS, now);
  return { value: share, samples: judged };
}

function isSameHour(at: Bucket['at'], now: number): boolean {
  const apart = Math.abs((at % DAY_MS) - (now % DAY_MS));
  // The last hours are no news about the same time of day: a slow rise would be its own baseline.
  return Math.min(apart, DAY_MS - apart) <= HOUR_MS && now - at > DAY_MS / 2;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
