import type { Health, Recent } from '@statewire/model';
import { limits } from '../lib/limits.ts';

/** One letter per observation: the alphabet of `recent.bar` and of stored samples. */
export const LETTER: Readonly<Record<Health, string>> = { healthy: 'u', degraded: 'g', unhealthy: 'd', unknown: 'x' };

/** The last observations with one more, newest last, at most `recentMax`. */
export function pushRecent(recent: Recent, letter: string, ms: number | null): Recent {
  return {
    bar: (recent.bar + letter).slice(-limits.recentMax),
    ms: [...recent.ms, ms === null ? null : shortMs(ms)].slice(-limits.recentMax),
  };
}

/** Finer than a pixel of a sparkline is noise, and every digit travels to every tab. */
function shortMs(ms: number): number {
  return ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms);
}
