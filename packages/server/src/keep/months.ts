/** Values of whole months for reports: frozen once, and corrected in the open. Decision 6 says why. */
import { monthOf, monthSpan } from '../derive/history/calendar.ts';
import { tally } from '../derive/history/tally.ts';
import type { Track } from '../derive/history/track.ts';
import { outagesOf, uptimeOf } from '../derive/history/uptime.ts';
import type { Limits } from '../lib/limits.ts';
import type { MonthRow, MonthValue, Subject } from './history-store.ts';
import type { Store } from './store.ts';
import type { Tracks } from './tracks.ts';

interface MonthsDeps {
  readonly store: Pick<Store, 'months'>;
  readonly tracks: Tracks;
}

/** How many ended months are looked at: a server that was off longer freezes no older ones. */
const MONTHS_BACK = 12;

/** The months that have been over for long enough and are not frozen yet. */
export async function frozenMonths(
  deps: MonthsDeps & { readonly limits: Pick<Limits, 'monthFreezeMs' | 'historyRowsPerWriteMax'> },
  now: number,
): Promise<readonly MonthRow[]> {
  const { store, tracks, limits } = deps;
  const due: MonthRow[] = [];
  const known = new Map<string, ReadonlySet<string>>();
  const months = endedBy(now - limits.monthFreezeMs);
  for (const subject of tracks.subjects()) {
    const birth = tracks.birth(subject) ?? now;
    for (const month of months) {
      const span = monthSpan(month);
      if (span === null || span.to <= birth) break;
      const key = `${subject.org}\n${subject.collection}\n${month}`;
      let frozen = known.get(key);
      if (frozen === undefined) {
        const { org, collection } = subject;
        frozen = new Set((await store.months({ org, collection, id: null, month })).map(({ id }) => id));
        known.set(key, frozen);
      }
      if (frozen.has(subject.id)) continue;
      const track = await tracks.read(subject, span.from, span.to);
      if (track !== null) due.push({ ...subject, month, n: 0, at: now, value: valueOf(track, span), cause: 'frozen' });
      if (due.length >= limits.historyRowsPerWriteMax) return due;
    }
  }
  return due;
}

/** Corrections of frozen months that a span reaches into, where they come out differently now. */
export async function correctedMonths(
  { store, tracks, now }: MonthsDeps & { readonly now: number },
  subject: Subject,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly MonthRow[]> {
  const corrections: MonthRow[] = [];
  for (let at = from; at < to;) {
    const month = monthOf(at);
    const span = monthSpan(month);
    if (span === null) return corrections;
    const last = (await store.months({ ...subject, month })).at(-1);
    const track = last === undefined ? null : await tracks.read(subject, span.from, span.to);
    if (last !== undefined && track !== null) {
      const value = valueOf(track, span);
      const isSame = JSON.stringify(value.time) === JSON.stringify(last.value.time);
      if (!isSame) corrections.push({ ...subject, month, n: last.n + 1, at: now, value, cause: 'corrected' });
    }
    at = span.to;
  }
  return corrections;
}

/** The value of a span from the statuses in it. */
export function valueOf(track: Track, span: { readonly from: number; readonly to: number }): MonthValue {
  const time = tally(track, span.from, span.to);
  const { count, longestMs } = outagesOf(track, { ...span, now: Infinity, max: 0 });
  return { time, ...uptimeOf(time, span.to - span.from), outages: count, longestMs };
}

/** Months that ended by a time, newest first. */
function endedBy(at: number): readonly string[] {
  const months: string[] = [];
  let span = monthSpan(monthOf(at));
  while (span !== null && months.length < MONTHS_BACK) {
    const before = monthOf(span.from - 1);
    months.push(before);
    span = monthSpan(before);
  }
  return months;
}
