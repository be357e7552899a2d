import type { Fact } from '@statewire/model';
import type { FactReading } from '../collect/observation.ts';

/**
 * Facts after a reading. `since` moves only when `v` changes, so "needs auth since Tuesday" survives every probe.
 * Facts that were not read this time stay as they are.
 */
export function fuseFacts(
  facts: Readonly<Record<string, Fact>>,
  readings: Readonly<Record<string, FactReading>>,
  at: number,
): Readonly<Record<string, Fact>> {
  const names = Object.keys(readings);
  if (names.length === 0) return facts;
  const next: Record<string, Fact> = { ...facts };
  for (const name of names) {
    const reading = readings[name];
    if (reading === undefined || name === '__proto__') continue;
    const before = Object.hasOwn(facts, name) ? facts[name] : undefined;
    next[name] = {
      v: reading.v,
      code: reading.code,
      text: reading.text,
      ms: reading.ms,
      at,
      since: before !== undefined && before.v === reading.v ? before.since : at,
    };
  }
  return next;
}
