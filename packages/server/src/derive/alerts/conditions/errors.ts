import { cannotSay, fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';
import { badShare } from '../robust.ts';

const SAMPLES_MIN = 5;
const LEAVE_RATIO = 0.8;

/** The share of failed observations within a window is above the limit. */
export function errorsAbove(when: ConditionOf<'errors'>, { measured, now, isOpen }: Asked): Finding {
  const { share, judged, bad } = badShare(measured.samples, now - when.overMs, now);
  const evidence = { limit: when.above, samples: judged, bad, overMs: when.overMs };
  if (judged < SAMPLES_MIN) return cannotSay(`Only ${judged} observations.`, evidence);
  const limit = isOpen ? when.above * LEAVE_RATIO : when.above;
  const text = `${percent(share)} of ${judged} observations failed, limit ${percent(when.above)}.`;
  return share > limit ? holds(text, { ...evidence, value: share }) : fails(text, { ...evidence, value: share });
}

export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
