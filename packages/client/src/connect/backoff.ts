/** Longest wait between two attempts, ms. */
export const RETRY_DELAY_MS_MAX = 15_000;

const RETRY_DELAY_MS_FIRST = 250;

/**
 * How long to wait after `failures` failed attempts in a row (0 for a connection that was good until now).
 * Full jitter: anywhere between nothing and the bound, so that thousands of tabs do not return together.
 */
export function backoffMs(failures: number, chance: number): number {
  // 2^30 is beyond the cap by far; without the min a very long outage would overflow to Infinity * 0 = NaN.
  const bound = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_FIRST * 2 ** Math.min(failures, 30));
  return Math.floor(chance * bound);
}
