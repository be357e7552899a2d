import type { Check } from '@statewire/model';

/** The parameters of the status engine for one record: from its check, or the defaults of its collection. */
export interface Rules {
  /** Expected time between observations. */
  readonly intervalMs: number;
  /** Observations in a row until a change is believed. */
  readonly failAfter: number;
  readonly recoverAfter: number;
  readonly degradeAfter: number;
  /** p95 of the last 20 above which a healthy answer counts as degraded, or null. */
  readonly degradedMs: number | null;
  /** Believe a change when `bad` of the last `size` observations say so, instead of counting runs; or null. */
  readonly window: { readonly size: number; readonly bad: number } | null;
  /** When a heartbeat is expected, instead of each `intervalMs`; or null. */
  readonly cron: { readonly pattern: string; readonly zone: string } | null;
  /** The word for a record nobody has heard of in time. */
  readonly onExpiry: 'down' | 'unknown';
  /** Time between due and expired. */
  readonly graceMs: number;
  /** Phase to write when a record without a living phase shows life, or null to leave it. */
  readonly alivePhase: string | null;
  /** Phase to write when it expires, or null to leave it. */
  readonly gonePhase: string | null;
}

export const DEFAULT_INTERVAL_MS = 30_000;

/** The rules of a record. Without a check (agents, connections, pushed services) what a source says is believed at once. */
export function rulesOf(check: Check | null, collection: string): Rules {
  if (check === null) {
    return {
      intervalMs: DEFAULT_INTERVAL_MS,
      failAfter: 1,
      recoverAfter: 1,
      degradeAfter: 1,
      degradedMs: null,
      window: null,
      cron: null,
      onExpiry: collection === 'agents' ? 'down' : 'unknown',
      graceMs: graceOf(DEFAULT_INTERVAL_MS),
      alivePhase: collection === 'agents' ? 'idle' : null,
      gonePhase: collection === 'agents' ? 'offline' : null,
    };
  }
  const isHeartbeat = check.kind === 'heartbeat';
  return {
    intervalMs: check.intervalMs,
    failAfter: check.failAfter,
    recoverAfter: check.recoverAfter,
    degradeAfter: check.degradeAfter,
    degradedMs: check.degradedMs,
    window: check.window,
    cron: check.cron === null ? null : { pattern: check.cron, zone: check.zone },
    onExpiry: isHeartbeat ? 'down' : 'unknown',
    // A probe that we ourselves are late with is no news about the target: be generous before calling it unknown.
    graceMs: isHeartbeat ? (check.graceMs ?? graceOf(check.intervalMs)) : Math.max(30_000, check.intervalMs),
    alivePhase: isHeartbeat ? 'ready' : null,
    gonePhase: null,
  };
}

/** Default time between due and expired: half the period, at least 15 s, at most 1 h. */
export function graceOf(periodMs: number): number {
  return Math.min(Math.max(Math.floor(periodMs / 2), 15_000), 3_600_000);
}
