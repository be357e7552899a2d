import type { LatencyShift } from '@statewire/model';

/** Answers of a stretch of time: how many were measured, and their median, ms. */
export interface Pace {
  readonly count: number;
  readonly p50: number | null;
}

// What is usual comes from buckets, whose median is off by at most one class: a factor of 1.6. Less than that says nothing.
const FACTOR_MIN = 1.6;
// A service on the same machine that answers in 1 ms instead of 0.3 is no news.
const APART_MS_MIN = 5;
const CHECKS_MIN = 5;
const USUAL_CHECKS_MIN = 60;

/** How far the newest answers are from what is usual; null while that is little, or too little is known. */
export function shiftOf(now: Pace, usual: Pace | null): LatencyShift | null {
  if (usual === null || now.p50 === null || usual.p50 === null || usual.p50 <= 0 || now.p50 <= 0) return null;
  if (now.count < CHECKS_MIN || usual.count < USUAL_CHECKS_MIN) return null;
  const isSlower = now.p50 > usual.p50;
  const factor = isSlower ? now.p50 / usual.p50 : usual.p50 / now.p50;
  if (factor < FACTOR_MIN || Math.abs(now.p50 - usual.p50) < APART_MS_MIN) return null;
  return {
    isSlower,
    factor: coarse(factor),
    nowMs: coarse(now.p50),
    usualMs: coarse(usual.p50),
    checks: now.count,
    usualChecks: usual.count,
  };
}

/** Two digits: a third would change the record with every check. */
function coarse(value: number): number {
  return Number(value.toPrecision(2));
}
