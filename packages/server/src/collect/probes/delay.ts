import type { Health } from '@statewire/model';
import type { Belief } from './schedule.ts';
import type { CheckPlan } from './plan.ts';

/** Waits between the looks that follow a tripwire: a killed server is confirmed down within a second, a quick restart is not. */
const BURST_MS: readonly number[] = [300, 500, 1_000, 2_000];

/** How long to wait after the nth failed look (from 0) of a burst. */
export function burstDelayMs(n: number): number {
  return BURST_MS[Math.min(Math.max(n, 0), BURST_MS.length - 1)] ?? 2_000;
}

/** What decides the next look. `jitter` is a number in [0, 1). */
export interface DelayInput {
  readonly plan: Pick<CheckPlan, 'intervalMs' | 'failAfter' | 'recoverAfter' | 'degradeAfter'>;
  readonly belief: Belief;
  readonly verdict: Health;
  readonly final: boolean;
  /** Bad looks in a row since the thing was believed down. */
  readonly bad: number;
  readonly backoffMsMax: number;
  readonly jitter: number;
}

/**
 * Milliseconds until the next look: sooner while a change waits for confirmation, later while a thing
 * stays down, else the interval, +-10 % so that checks made together do not stay together.
 */
export function nextDelayMs(input: DelayInput): number {
  const { plan, belief, verdict } = input;
  const spread = 0.9 + 0.2 * input.jitter;
  if (isSuspect(input)) return Math.min(plan.intervalMs, Math.max(2_000, plan.intervalMs / 3)) * spread;
  if (verdict === 'unhealthy' && belief.health === 'unhealthy' && input.bad > 0) {
    // Doubling stops being exact far beyond the cap; 2^16 keeps the product a safe integer.
    const factor = 2 ** Math.min(input.bad - 1, 16);
    return Math.max(plan.intervalMs, Math.min(plan.intervalMs * factor, input.backoffMsMax)) * spread;
  }
  return plan.intervalMs * spread;
}

/** Whether this verdict leaves the change unconfirmed, so that the next look should come soon. */
function isSuspect({ plan, belief, verdict, final }: DelayInput): boolean {
  if (final || verdict === 'unknown' || verdict === belief.health) return false;
  if (belief.health === 'unknown' && verdict === 'healthy') return false;
  const of = verdict === 'unhealthy' ? plan.failAfter : verdict === 'degraded' ? plan.degradeAfter : plan.recoverAfter;
  const n = belief.suspect !== null && belief.suspect.to === verdict ? belief.suspect.n + 1 : 1;
  return n < of;
}
