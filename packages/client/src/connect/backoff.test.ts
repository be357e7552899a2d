import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, RETRY_DELAY_MS_MAX } from './backoff.ts';

test('[CL4] [T2] the wait is anywhere between nothing and 250 ms * 2^n, at most 15 s, for any number of failures', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, chance) => {
      const ms = backoffMs(failures, chance);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(Math.min(RETRY_DELAY_MS_MAX, 250 * 2 ** Math.min(failures, 30)));
    }),
  );
});

test('[CL4] [T2] a thousand clients spread evenly over the bound', () => {
  const waits = Array.from({ length: 1_000 }, (_, i) => backoffMs(10, i / 1_000));
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const from = (RETRY_DELAY_MS_MAX / 10) * tenth;
    expect(waits.filter((ms) => ms >= from && ms < from + RETRY_DELAY_MS_MAX / 10)).toHaveLength(100);
  }
  expect(Math.max(...Array.from({ length: 100 }, (_, i) => backoffMs(0, i / 100)))).toBeLessThan(250);
});
