import type { Status } from '@statewire/model';
import { spans, type Track } from './track.ts';

/** Milliseconds in each status. What of a window has no status at all is in none of them. */
export type Tally = { readonly [S in Status]: number };

export const NO_TIME: Tally = { up: 0, degraded: 0, down: 0, unknown: 0, pending: 0, maintenance: 0, paused: 0 };

/** How long a record had each status within a window. */
export function tally(track: Track, from: number, to: number): Tally {
  const sums = { ...NO_TIME };
  for (const span of spans(track, from, to)) sums[span.word] += span.to - span.from;
  return sums;
}

/** The time of two windows that do not overlap. */
export function addTally(a: Tally, b: Tally): Tally {
  return {
    up: a.up + b.up,
    degraded: a.degraded + b.degraded,
    down: a.down + b.down,
    unknown: a.unknown + b.unknown,
    pending: a.pending + b.pending,
    maintenance: a.maintenance + b.maintenance,
    paused: a.paused + b.paused,
  };
}

/** Is there anything to write down? Unknown time is what is left of a bucket, so it needs no row. */
export function isBlank({ up, degraded, down, pending, maintenance, paused }: Tally): boolean {
  return up + degraded + down + pending + maintenance + paused === 0;
}

/** The day's letter in a bar: the worst that was confirmed; without a measurement, why there is none. */
export function letterOf({ up, degraded, down, maintenance, pending, paused }: Tally): string {
  if (down > 0) return 'd';
  if (degraded > 0) return 'g';
  if (up > 0) return 'u';
  if (maintenance > 0) return 'm';
  return pending + paused > 0 ? 'p' : 'x';
}
