import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExactSum } from './exact-sum.ts';

test('[WI16] a sum is exact, whatever came and went', () => {
  const sum = new ExactSum();
  for (const value of [0.1, 0.2, 1e300, -1e300, 0.3]) sum.add(value);
  sum.remove(0.3);
  sum.remove(0.1);
  sum.remove(0.2);
  expect(sum.read()).toBe(0);
  for (let i = 0; i < 10; i++) sum.add(0.1);
  // The nearest double to ten times the double 0.1, which adding one after the other misses.
  expect(sum.read()).toBe(1);
  expect(sum.read(10)).toBe(0.1);
  for (let i = 0; i < 10; i++) sum.remove(0.1);
  sum.add(Number.MAX_SAFE_INTEGER);
  sum.add(Number.MAX_SAFE_INTEGER);
  sum.add(3);
  expect(sum.read()).toBe(2 ** 54);
  sum.remove(Number.MAX_SAFE_INTEGER);
  sum.remove(Number.MAX_SAFE_INTEGER);
  expect(sum.read(2)).toBe(1.5);
});

const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e250, max: 1e250 }),
  fc.integer(),
  fc.constantFrom(0, -0, 5e-324, 2.5, 1 / 3),
);

test('[WI16] one value is read back as it was, and order does not matter', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), fc.array(finite, { maxLength: 30 }), (keep, go) => {
      const forth = new ExactSum();
      const back = new ExactSum();
      for (const value of [...keep, ...go]) forth.add(value);
      for (const value of go) forth.remove(value);
      for (const value of keep.toReversed()) back.add(value);
      expect(forth.read() + 0).toBe(back.read() + 0);
      expect(forth.read(keep.length) + 0).toBe(back.read(keep.length) + 0);
      const one = new ExactSum();
      const [first = 0] = keep;
      one.add(first);
      expect(one.read() + 0).toBe(first + 0);
    }),
    { numRuns: 500 },
  );
});
