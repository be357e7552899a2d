/**
 * Works history out and keeps it: buckets once they have ended, again what became stale, gaps of our own, frozen months.
 * Every row is a function of the log, the samples, the annotations and the gaps alone, and is written whole; a pass that
 * was killed anywhere is made again with the same result.
 *
 *   up to ----------- | ended, not written yet | now        closing: from `upTo` on, bucket after bucket
 *   ^ stale spans: marks kept with the commit that made them, taken away with the rows that answer them
 *
 * Both wait for every write that was queued before they looked, so that a mark is never taken away unread.
 */
import { ok } from '@statewire/protocol';
import { ceilTo, floorTo, WIDTH_MS, type Resolution } from '../derive/history/calendar.ts';
import { NO_MEASURE, type Measure } from '../derive/history/measure.ts';
import { tally } from '../derive/history/tally.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Commit } from './commit-types.ts';
import { NO_HISTORY, type HistoryBatch, type RollupWrite, type StaleMark, type Subject } from './history-store.ts';
import { correctedMonths, frozenMonths } from './months.ts';
import type { Store } from './store.ts';
import type { Tracks } from './tracks.ts';

export interface RollupsDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly store: Store;
  readonly commit: Pick<Commit, 'write'>;
  readonly tracks: Tracks;
}

/** Records whose observations are read in one page. */
const PAGE = 500;
/** Stale marks answered in one round. */
const ROUND = 200;

export class Rollups {
  readonly #deps: RollupsDeps;
  #upTo = 0;
  #aliveAt = 0;
  #wroteAt = Number.NEGATIVE_INFINITY;
  #frozenAt = Number.NEGATIVE_INFINITY;
  /** How often `upTo` went back for a gap. A bucket under way then is written again. */
  #rewinds = 0;
  #isOpen = true;
  /** Ends the pause between two writes. */
  #wake: (() => void) | null = null;

  constructor(deps: RollupsDeps) {
    this.#deps = deps;
  }

  /** Every bucket that ended by then is kept. */
  get upTo(): number {
    return this.#upTo;
  }

  /**
   * Reads how far history is, writes down how long nobody was here, and fills the tracks. `seen`: the newest moment at which
   * anything was written, however it ended. Called before anything else is written.
   */
  async open(seen: number): Promise<void> {
    const { clock, limits, store, tracks } = this.#deps;
    const now = clock.now();
    const head = await store.historyHead();
    const last = Math.max(head.aliveAt ?? 0, seen);
    const isNew = head.aliveAt === null;
    // A clock that was set back says nothing about how long we were away.
    const gaps = last > 0 && last < now && !isNew ? [{ from: last, to: now }] : [];
    await tracks.load(now, [...head.gaps, ...gaps]);
    this.#aliveAt = now;
    const edge = floorTo(now, WIDTH_MS['5m']);
    this.#upTo = Math.min(head.upTo ?? edge, floorTo(gaps[0]?.from ?? edge, WIDTH_MS['5m']));
    // Data from before there were buckets: what the finest ones reach back to is worked out once.
    const stale =
      head.upTo === null
        ? [...tracks.subjects()].map((subject) => ({
            ...subject,
            from: Math.max(tracks.birth(subject) ?? now, now - limits.rollups5mMs),
            to: now,
            hasSamples: true,
          }))
        : [];
    await store.putHistory({ ...NO_HISTORY, gaps, stale, upTo: this.#upTo, aliveAt: now });
  }

  /** Marks that the process is there. A stretch in which it was not (it slept, or the clock was set forward) is a gap. */
  async alive(): Promise<void> {
    const { clock, limits, store, tracks } = this.#deps;
    const now = clock.now();
    const away = now - this.#aliveAt;
    if (away >= 0 && away < limits.aliveMarkMs) return;
    const gap = { from: this.#aliveAt, to: now };
    const gaps = away > 4 * limits.aliveMarkMs ? [gap] : [];
    this.#aliveAt = now;
    for (const each of gaps) {
      tracks.addGap(each);
      // What ended since that mark may be written already, as if we had been there.
      this.#upTo = Math.min(this.#upTo, floorTo(each.from, WIDTH_MS['5m']));
      this.#rewinds += 1;
    }
    await store.putHistory({ ...NO_HISTORY, gaps, upTo: gaps.length > 0 ? this.#upTo : null, aliveAt: now });
  }

  /** Does all that is due: ended buckets, stale spans, months. One at a time. */
  async pass(): Promise<void> {
    await this.alive();
    const now = await this.#barrier();
    const edge = floorTo(now, WIDTH_MS['5m']);
    // The clock was set back: these buckets come again, and are written again when they have ended.
    if (this.#upTo > edge) {
      await this.#put({ upTo: edge });
      this.#upTo = edge;
    }
    while (this.#isOpen && this.#upTo < edge) await this.#close(this.#upTo);
    while (this.#isOpen && (await this.#refresh())) continue;
    if (this.#isOpen && Math.abs(now - this.#frozenAt) >= WIDTH_MS['1h']) {
      const months = await frozenMonths(this.#deps, now);
      if (months.length > 0) await this.#put({ months });
      this.#frozenAt = now;
      this.#deps.tracks.trim(now);
    }
  }

  /** Ends after the write under way, and leaves the mark of when we went. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#wake?.();
    await this.#deps.store.putHistory({ ...NO_HISTORY, aliveAt: this.#deps.clock.now() });
  }

  /** Waits until all that was queued is durable and in memory; returns the time at which it was asked. */
  async #barrier(): Promise<number> {
    const written = await this.#deps.commit.write('main', 'history', (draft) => ok(draft.now));
    if (!written.ok) throw new Error(written.message);
    return written.value.value;
  }

  /** Writes the bucket that begins here and has ended, and the larger ones it is the end of. */
  async #close(at: number): Promise<void> {
    const end = at + WIDTH_MS['5m'];
    const rewinds = this.#rewinds;
    if (!this.#deps.tracks.isQuiet(at, end)) await this.#fold('5m', at, { from: at, to: end, of: 'samples' });
    if (end % WIDTH_MS['1h'] === 0) {
      const hour = end - WIDTH_MS['1h'];
      const day = floorTo(hour, WIDTH_MS['1d']);
      if (!this.#deps.tracks.isQuiet(hour, end)) {
        await this.#fold('1h', hour, { from: hour, to: end, of: '5m' });
        await this.#fold('1d', day, { from: day, to: end, of: '1h' });
      }
    }
    if (!this.#isOpen || this.#rewinds !== rewinds) return;
    await this.#put({ upTo: end });
    if (this.#rewinds === rewinds) this.#upTo = end;
  }

  /** One bucket of every record, from finer ones or from samples. */
  async #fold(
    resolution: Resolution,
    at: number,
    span: { readonly from: number; readonly to: number; readonly of: 'samples' | Resolution },
  ): Promise<void> {
    const { store, tracks } = this.#deps;
    const measures = new Map<string, Measure>();
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<Store['measures']>> = await store.measures({
        ...span,
        subject: null,
        after,
        limit: PAGE,
      });
      for (const row of page.rows) measures.set(keyOf(row), row.measure);
      after = page.next;
    }
    const rollups: RollupWrite[] = [];
    for (const subject of tracks.subjects()) {
      const track = tracks.of(subject);
      if (track === null) continue;
      const time = tally(track, span.from, span.to);
      rollups.push({ ...subject, resolution, at, time, measure: measures.get(keyOf(subject)) ?? null });
    }
    await this.#write(rollups, {});
  }

  /** Answers some stale marks. True when there may be more. */
  async #refresh(): Promise<boolean> {
    const { store } = this.#deps;
    const marks = await store.stale(ROUND);
    if (marks.length === 0) return false;
    await this.#barrier();
    const bySubject = Map.groupBy(marks, keyOf);
    for (const of of bySubject.values()) {
      if (!this.#isOpen) return false;
      await this.#redo(of);
    }
    return true;
  }

  /** All buckets of one record that these marks reach into, finest first, and its months. */
  async #redo(marks: readonly StaleMark[]): Promise<void> {
    const { clock, limits, store, tracks } = this.#deps;
    const [mark] = marks;
    if (mark === undefined) return;
    const subject = { org: mark.org, collection: mark.collection, id: mark.id };
    const done = { done: marks.map(({ n }) => n) };
    const now = clock.now();
    // Of what the log does not reach any more, nothing better is known than what was written.
    const oldest = now - limits.transitionsMs;
    const spans = marks
      .map(({ from, to, hasSamples }) => ({ from: Math.max(from, oldest), to: Math.min(to, now), hasSamples }))
      .filter(({ from, to }) => from < to);
    const from = spans.reduce((least, span) => Math.min(least, span.from), Infinity);
    const to = spans.reduce((most, span) => Math.max(most, span.to), 0);
    const track =
      from < to ? await tracks.read(subject, floorTo(from, WIDTH_MS['1d']), ceilTo(to, WIDTH_MS['1d'])) : null;
    // A record that is gone has no history to mend.
    if (track === null) return this.#put(done);
    const birth = tracks.birth(subject) ?? now;
    for (const resolution of ['5m', '1h', '1d'] as const) {
      const rollups: RollupWrite[] = [];
      for (const [at, hasSamples] of this.#reached(spans, resolution, now)) {
        const end = this.#endOf(resolution, at);
        if (end <= birth) continue;
        const measure = hasSamples ? await this.#measure(subject, resolution, { at, end, now }) : null;
        rollups.push({ ...subject, resolution, at, time: tally(track, at, end), measure });
      }
      await this.#write(rollups, {});
    }
    const months = await correctedMonths({ store, tracks, now }, subject, { from, to });
    await this.#put({ months, ...done });
  }

  /** The kept buckets that spans reach into, and whether observations came into them. */
  #reached(
    spans: readonly { readonly from: number; readonly to: number; readonly hasSamples: boolean }[],
    resolution: Resolution,
    now: number,
  ): ReadonlyMap<number, boolean> {
    const width = WIDTH_MS[resolution];
    const { rollups5mMs, rollups1hMs, rollups1dMs } = this.#deps.limits;
    const kept = { '5m': rollups5mMs, '1h': rollups1hMs, '1d': rollups1dMs }[resolution];
    const reached = new Map<number, boolean>();
    for (const { from, to, hasSamples } of spans) {
      const first = Math.max(floorTo(from, width), ceilTo(now - kept + 1, width));
      for (let at = first; at < to && at < this.#endOf(resolution, at); at += width) {
        reached.set(at, hasSamples || reached.get(at) === true);
      }
    }
    return reached;
  }

  /** How far a bucket is written: a day is written hour by hour, the others when they have ended. */
  #endOf(resolution: Resolution, at: number): number {
    const end = at + WIDTH_MS[resolution];
    if (resolution === '1d') return Math.min(end, floorTo(this.#upTo, WIDTH_MS['1h']));
    return end <= this.#upTo ? end : at;
  }

  /** The observations of a bucket anew, or null when what they were made of is not kept any more. */
  async #measure(
    subject: Subject,
    resolution: Resolution,
    { at, end, now }: { readonly at: number; readonly end: number; readonly now: number },
  ): Promise<Measure | null> {
    const { store, limits } = this.#deps;
    const of = ({ '5m': 'samples', '1h': '5m', '1d': '1h' } as const)[resolution];
    const kept = { samples: limits.samplesMs, '5m': limits.rollups5mMs, '1h': limits.rollups1hMs }[of];
    if (at <= now - kept) return null;
    const { rows } = await store.measures({ of, subject, from: at, to: end, after: 0, limit: 1 });
    return rows[0]?.measure ?? NO_MEASURE;
  }

  async #write(rollups: readonly RollupWrite[], rest: Partial<HistoryBatch>): Promise<void> {
    const { historyRowsPerWriteMax } = this.#deps.limits;
    for (let from = 0; from < rollups.length && this.#isOpen; from += historyRowsPerWriteMax) {
      await this.#put({ ...rest, rollups: rollups.slice(from, from + historyRowsPerWriteMax) });
    }
  }

  /** Waits, unless we end. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.after(ms, () => {
        this.#wake = null;
        resolve();
      });
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** One transaction; the one after a large one waits a second, so that commits get in between. */
  async #put(batch: Partial<HistoryBatch>): Promise<void> {
    const { clock, store } = this.#deps;
    const isLarge = (batch.rollups?.length ?? 0) > 0;
    const wait = this.#wroteAt + WRITE_EVERY_MS - clock.mono();
    if (isLarge && wait > 0 && this.#isOpen) await this.#pause(wait);
    await store.putHistory({ ...NO_HISTORY, ...batch });
    if (isLarge) this.#wroteAt = clock.mono();
  }
}

const WRITE_EVERY_MS = 1_000;

function keyOf({ org, collection, id }: Subject): string {
  return `${org}\n${collection}/${id}`;
}
