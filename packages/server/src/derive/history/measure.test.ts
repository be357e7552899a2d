import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { averageOf, histogramOf, histogramText, measureOf, mergeMeasures, NO_MEASURE, quantile } from './measure.ts';

const sample = fc.record({
  ms: fc.option(fc.double({ min: 0, max: 100_000, noNaN: true })),
  v: fc.constantFrom('u', 'g', 'd', 'x'),
});

test('[HI5] measures of parts come to the measure of the whole, in any grouping', () => {
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 20 }), { maxLength: 8 }), (parts) => {
      const merged = mergeMeasures(parts.map(measureOf));
      const whole = measureOf(parts.flat());
      expect({ ...merged, sum: 0 }).toEqual({ ...whole, sum: 0 });
      expect(merged.sum).toBeCloseTo(whole.sum, 1);
      expect(histogramOf(histogramText(whole.histogram))).toEqual(whole.histogram);
    }),
  );
});

test('[HI5] a percentile is within one class of the true one, between least and most, and never falls with q', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 200 }), (values) => {
      const measure = measureOf(values.map((ms) => ({ ms, v: 'u' })));
      const sorted = [...values].sort((a, b) => a - b);
      let last = 0;
      for (const q of [0.01, 0.5, 0.95, 0.99, 1]) {
        const found = quantile(measure, q) ?? Number.NaN;
        const truth = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
        expect(found).toBeGreaterThanOrEqual(Math.max(last, (measure.min ?? 0) - 0.001));
        expect(found).toBeLessThanOrEqual((measure.max ?? 0) + 0.001);
        expect(found / truth).toBeGreaterThan(1 / 1.61);
        expect(found / truth).toBeLessThan(1.61);
        last = found;
      }
    }),
  );
});

test('[HI5] what could not be judged is no check; nothing measured is null', () => {
  const measure = measureOf([
    { ms: 900, v: 'x' },
    { ms: null, v: 'd' },
    { ms: 10, v: 'u' },
    { ms: 30, v: 'g' },
  ]);
  expect(measure).toMatchObject({ checks: 3, bad: 1, min: 10, max: 30, sum: 40 });
  expect(averageOf(measure)).toBe(20);
  expect([quantile(NO_MEASURE, 0.5), averageOf(NO_MEASURE), histogramText(NO_MEASURE.histogram)]).toEqual([
    null,
    null,
    '',
  ]);
});
