/** The q-quantile of what was measured, or null when nothing was. */
export function percentile(values: readonly (number | null)[], q: number): number | null {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? null;
}
