import type { Progress } from '@statewire/model';

const TAU_MS = 10_000;
/** A first step says little about the pace: count it as if it had taken at least this long. */
const FIRST_MS_MIN = 1_000;

/** Units per second after a report moved `done`: an average that forgets with a time constant of 10 s. */
export function rateAfter(rate: number | null, step: { readonly units: number; readonly ms: number }): number {
  const ms = Math.max(step.ms, rate === null ? FIRST_MS_MIN : 1);
  const now = (step.units * 1000) / ms;
  // Weighted by time, so that ten reports of 1 in one burst move it as far as one report of 10.
  const weight = rate === null ? 1 : 1 - Math.exp(-ms / TAU_MS);
  const next = (rate ?? 0) + weight * (now - (rate ?? 0));
  return Math.round(next * 1000) / 1000;
}

/** Milliseconds until done at this pace, or null when the end or the pace is not known. */
export function etaMs(progress: Progress, rate: number | null): number | null {
  if (progress.total === null || rate === null || rate <= 0) return null;
  const eta = (Math.max(progress.total - progress.done, 0) / rate) * 1000;
  return Number.isFinite(eta) ? Math.min(Math.ceil(eta), Number.MAX_SAFE_INTEGER) : null;
}

/** Percent with one decimal, cut and never rounded up: 100 means done. Null when the end is not known. */
export function pctOf(done: number, total: number | null): number | null {
  if (total === null) return null;
  if (total <= 0) return 100;
  return Math.min(Math.max(Math.floor((done * 1000) / total) / 10, 0), 100);
}
