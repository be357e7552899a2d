/**
 * Uptime of a window: (up + degraded) / (up + degraded + down), by time. Unknown, pending, paused, maintenance and our
 * own gaps are not counted; `coverage` says how much was. Percentages are cut, never rounded: one millisecond down is
 * less than 100. Nothing counted is null, never 0 or 100.
 */
import type { Tally } from './tally.ts';
import { spans, type Track } from './track.ts';

export interface Uptime {
  readonly pct: number | null;
  /** The same with degraded as not up. */
  readonly strictPct: number | null;
  /** Counted time as a share of the window, 0 to 1. */
  readonly coverage: number;
}

/** Uptime from the time in each status, of a window this long. */
export function uptimeOf(time: Tally, windowMs: number): Uptime {
  const counted = time.up + time.degraded + time.down;
  return {
    pct: percent(time.up + time.degraded, counted),
    strictPct: percent(time.up, counted),
    coverage: windowMs <= 0 ? 0 : cut(Math.min(counted / windowMs, 1), 1_000),
  };
}

/** A share as percent with three decimals, cut; null when there is no whole. */
export function percent(part: number, whole: number): number | null {
  if (whole <= 0) return null;
  if (part >= whole) return 100;
  // Cutting is done in whole numbers where they fit: 0.57 * 100000 is a hair below 57000.
  const scaled = part * 100_000;
  const pct = Number.isSafeInteger(scaled) ? Math.floor(scaled / whole) : Math.floor((part / whole) * 100_000);
  return Math.min(pct, 99_999) / 1_000;
}

/** Cuts to a fraction; a value above zero stays above zero only as far as the fraction can say it. */
export function cut(value: number, parts: number): number {
  return Math.floor(value * parts + 1e-9) / parts;
}

/** One stretch of `down`. `to` is null while it lasts. */
export interface Outage {
  readonly from: number;
  readonly to: number | null;
  readonly ms: number;
}

export interface Outages {
  readonly count: number;
  readonly longestMs: number;
  /** The newest ones first, no more than asked for. */
  readonly list: readonly Outage[];
}

/** The outages of a window, each clipped to it. `now` tells whether the last one is over. */
export function outagesOf(
  track: Track,
  window: { readonly from: number; readonly to: number; readonly now: number; readonly max: number },
): Outages {
  let count = 0;
  let longestMs = 0;
  const list: Outage[] = [];
  for (const { from, to, word } of spans(track, window.from, window.to)) {
    if (word !== 'down') continue;
    count += 1;
    longestMs = Math.max(longestMs, to - from);
    list.push({ from, to: to >= window.to && window.to >= window.now ? null : to, ms: to - from });
  }
  return { count, longestMs, list: list.toReversed().slice(0, window.max) };
}
