import type { Recent } from '@statewire/model';

const WINDOW = 20;
/** Once slow, an answer must be clearly faster before it counts as well again. */
const LEAVE_RATIO = 0.8;

/** Whether the newest answers are too slow: p95 of the last 20 above the limit, and until it is below 0.8 of it. */
export function isSlow(recent: Recent, ms: number, degradedMs: number | null, wasSlow: boolean): boolean {
  if (degradedMs === null) return false;
  const p95 = p95Of([...recent.ms, ms]);
  if (p95 === null) return false;
  return wasSlow ? p95 >= degradedMs * LEAVE_RATIO : p95 > degradedMs;
}

/** p95 of the last 20 measured values; with two or more values one outlier never decides. */
function p95Of(values: readonly (number | null)[]): number | null {
  const measured = values
    .filter((ms) => ms !== null)
    .slice(-WINDOW)
    .sort((a, b) => a - b);
  return measured[Math.floor(0.95 * (measured.length - 1))] ?? null;
}
