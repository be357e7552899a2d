import type { UptimeValue, UptimeWindows } from '@statewire/model';
import { DAY_MS, floorTo } from './calendar.ts';
import { letterOf, tally } from './tally.ts';
import type { Track } from './track.ts';
import { cut, uptimeOf } from './uptime.ts';

/** Days of a bar, today with them. */
export const BAR_DAYS = 90;

/** The fields `uptime` and `bar` of a record, as of now. */
export function liveFields(track: Track, now: number): { readonly uptime: UptimeWindows; readonly bar: string } {
  return {
    uptime: {
      h24: valueOf(track, now, DAY_MS),
      d7: valueOf(track, now, 7 * DAY_MS),
      d30: valueOf(track, now, 30 * DAY_MS),
      d90: valueOf(track, now, 90 * DAY_MS),
    },
    bar: barOf(track, now),
  };
}

// Two decimals of coverage: a third would change every record of a young installation every minute.
function valueOf(track: Track, now: number, windowMs: number): UptimeValue {
  const { pct, coverage } = uptimeOf(tally(track, now - windowMs, now), windowMs);
  return { pct, coverage: cut(coverage, 100) };
}

/** A letter per UTC day since the record's first one, at most 90. */
function barOf(track: Track, now: number): string {
  const birth = track[0]?.at;
  if (birth === undefined) return '';
  const today = floorTo(now, DAY_MS);
  const first = Math.max(floorTo(birth, DAY_MS), today - (BAR_DAYS - 1) * DAY_MS);
  let bar = '';
  for (let day = first; day <= today; day += DAY_MS) bar += letterOf(tally(track, day, Math.min(day + DAY_MS, now)));
  return bar;
}
