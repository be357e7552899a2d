import { fails, holds, type Asked, type ConditionOf, type Finding } from '../finding.ts';

/** Sessions are opened again and again, although each time it works. */
export function reconnectsOften(when: ConditionOf<'reconnects'>, { measured, now }: Asked): Finding {
  const times = measured.reconnects.filter((at) => at > now - when.overMs && at <= now);
  const text = `${times.length} reconnects in ${Math.round(when.overMs / 60_000)} min, limit ${when.count}.`;
  const evidence = { value: times.length, limit: when.count, overMs: when.overMs };
  return times.length >= when.count ? holds(text, evidence, times[0] ?? null) : fails(text, evidence);
}
