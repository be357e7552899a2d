import { cannotSay, fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';
import { quantile, timesOf } from '../robust.ts';

const SAMPLES_MIN = 5;
const LEAVE_RATIO = 0.8;
const QUANTILE = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** A quantile of the answers' times within a window is above the limit; it ends clearly below it. */
export function latencyAbove(when: ConditionOf<'latency'>, { measured, now, isOpen }: Asked): Finding {
  const times = timesOf(measured.samples, now - when.overMs, now);
  const evidence = { q: when.q, limitMs: when.aboveMs, samples: times.length, overMs: when.overMs };
  if (times.length < SAMPLES_MIN) return cannotSay(`Only ${times.length} measured answers.`, evidence);
  const value = Math.round(quantile(times, QUANTILE[when.q]));
  const limit = isOpen ? when.aboveMs * LEAVE_RATIO : when.aboveMs;
  const text = `${when.q} is ${value} ms, limit ${when.aboveMs} ms.`;
  return value > limit ? holds(text, { ...evidence, value }) : fails(text, { ...evidence, value });
}
