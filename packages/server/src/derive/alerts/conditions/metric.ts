import { cannotSay, fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';
import { median } from '../robust.ts';

const POINTS_MIN = 5;

/** A metric is above or below a limit, or has changed much against the window before. */
export function metricMoved(when: ConditionOf<'metric'>, { measured, now }: Asked): Finding {
  const points = measured.points.filter(({ at }) => at > now - when.overMs && at <= now);
  const last = points.at(-1);
  const named = `${when.subject} ${when.name}`;
  if (last === undefined) return cannotSay(`${named} is not known.`);
  const evidence = { value: last.value, above: when.above, below: when.below };
  if (when.above !== null && last.value > when.above) {
    return holds(`${named} is ${last.value}, limit ${when.above}.`, evidence);
  }
  if (when.below !== null && last.value < when.below) {
    return holds(`${named} is ${last.value}, expected at least ${when.below}.`, evidence);
  }
  if (when.change === null) return fails(`${named} is ${last.value}.`, evidence);
  const before = points.slice(0, -1).map(({ value }) => value);
  if (before.length < POINTS_MIN) {
    return when.above === null && when.below === null
      ? cannotSay(`Only ${before.length} earlier values of ${named}.`, evidence)
      : fails(`${named} is ${last.value}.`, evidence);
  }
  const baseline = median(before);
  // Near nothing every step is a large share of it: one whole unit is the least that counts as large.
  const change = Math.abs(last.value - baseline) / Math.max(Math.abs(baseline), 1);
  const more = { ...evidence, baseline, change: Math.round(change * 1000) / 1000, samples: before.length };
  const text = `${named} is ${last.value}, usually ${baseline}.`;
  return change > when.change ? holds(text, more) : fails(text, more);
}
