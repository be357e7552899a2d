/**
 * History as it is asked for: buckets, uptime, months. What was worked out comes from the store; what has not ended yet is
 * worked out here from the tracks and the newest rows, so that an answer is never older than the question.
 */
import { ceilTo, daysOf, floorTo, WIDTH_MS, type Resolution } from '../derive/history/calendar.ts';
import { averageOf, mergeMeasures, quantile, type Measure } from '../derive/history/measure.ts';
import { addTally, NO_TIME, tally, type Tally } from '../derive/history/tally.ts';
import type { Track } from '../derive/history/track.ts';
import { outagesOf, percent, uptimeOf, type Outages, type Uptime } from '../derive/history/uptime.ts';
import type { Clock } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { MonthRow, RollupRow, Subject } from './history-store.ts';
import type { Rollups } from './rollups.ts';
import type { Store } from './store.ts';
import type { Tracks } from './tracks.ts';

/** One piece of a record's history. */
export interface Bucket {
  readonly at: number;
  readonly widthMs: number;
  readonly ms: Tally;
  readonly checks: number;
  readonly bad: number;
  readonly min: number | null;
  readonly avg: number | null;
  readonly max: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** The same with its measure whole. */
export interface Piece {
  readonly at: number;
  readonly widthMs: number;
  readonly ms: Tally;
  readonly measure: Measure;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Uptime of one record within a window. */
export interface WindowUptime extends Uptime, Span {
  readonly ms: Tally;
  readonly outages: Outages;
}

export interface PastDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly limits: Limits;
  readonly store: Store;
  readonly tracks: Tracks;
  readonly rollups: Pick<Rollups, 'upTo'>;
}

export class Past {
  readonly #deps: PastDeps;

  constructor(deps: PastDeps) {
    this.#deps = deps;
  }

  /** Buckets that a span reaches into, oldest first; those that say nothing are left out. */
  async buckets(subject: Subject, q: Span & { readonly resolution: Resolution }): Promise<readonly Bucket[]> {
    return (await this.pieces(subject, q)).map(shownPiece);
  }

  /** The same with the whole measure of each, for whoever adds them up. */
  async pieces(subject: Subject, q: Span & { readonly resolution: Resolution }): Promise<readonly Piece[]> {
    const { store, limits, clock, tracks } = this.#deps;
    const width = WIDTH_MS[q.resolution];
    const now = clock.now();
    const birth = tracks.birth(subject) ?? 0;
    const from = floorTo(Math.max(q.from, birth), width);
    const to = Math.min(ceilTo(q.to, width), ceilTo(now, width));
    const open = this.#openFrom(q.resolution);
    const rows = await store.rollups({
      ...subject,
      resolution: q.resolution,
      from,
      to: Math.min(to, open),
      limit: limits.historyRowsMax,
    });
    const buckets: Piece[] = rows.map((row) => pieceOfRow(row, { widthMs: width, birth, now }));
    const track = tracks.of(subject) ?? [];
    for (let at = Math.max(from, open); at < to; at += width) {
      const end = Math.min(at + width, now);
      const measure = await this.#newest(subject, { from: at, to: end });
      buckets.push({ at, widthMs: width, ms: tally(track, at, end), measure });
    }
    return buckets.slice(0, limits.historyRowsMax);
  }

  /** Days of a zone that a span reaches into, built from the log and from hours. */
  async days(subject: Subject, q: Span & { readonly zone: string }): Promise<readonly Bucket[]> {
    const { clock, tracks, store } = this.#deps;
    const now = clock.now();
    const from = Math.max(q.from, tracks.birth(subject) ?? 0);
    const starts = from < q.to ? daysOf(q.zone, from, Math.min(q.to, now)) : [];
    const first = starts[0];
    if (first === undefined) return [];
    const track = (await tracks.read(subject, first, now)) ?? [];
    const days: Bucket[] = [];
    for (const [i, at] of starts.entries()) {
      const next = starts[i + 1];
      if (next === undefined) break;
      const { rows } = await store.measures({ of: '1h', subject, from: at, to: next, after: 0, limit: 1 });
      const isOpen = next > this.#openFrom('1h');
      const newest = isOpen
        ? [await this.#newest(subject, { from: Math.max(at, this.#openFrom('1h')), to: Math.min(next, now) })]
        : [];
      const measure = mergeMeasures([...rows.map((row) => row.measure), ...newest]);
      days.push(shownPiece({ at, widthMs: next - at, ms: tally(track, at, Math.min(next, now)), measure }));
    }
    return days;
  }

  /** Uptime within a window, from memory: of the last 91 days. Null when there is no such record. */
  uptime(subject: Subject, { from, to }: Span): WindowUptime | null {
    const track = this.#deps.tracks.of(subject);
    return track === null ? null : this.#uptimeOf(track, { from, to }, NO_TIME);
  }

  /** Uptime within any window: the log as far as it is kept, and whole days before that. */
  async uptimeOver(subject: Subject, { from, to }: Span): Promise<WindowUptime | null> {
    const { store, limits, clock, tracks } = this.#deps;
    const edge = ceilTo(clock.now() - limits.transitionsMs, WIDTH_MS['1d']);
    let before = NO_TIME;
    if (from < edge) {
      const rows = await store.rollups({
        ...subject,
        resolution: '1d',
        from: floorTo(from, WIDTH_MS['1d']),
        to: Math.min(edge, to),
        limit: limits.historyRowsMax,
      });
      before = rows.reduce((sum, { time }) => addTally(sum, time), NO_TIME);
    }
    const start = Math.max(from, edge);
    const track = start < to ? await tracks.read(subject, start, to) : tracks.of(subject);
    if (track === null) return null;
    const later = this.#uptimeOf(track, { from: start, to: Math.max(start, to) }, before);
    return { ...later, ...uptimeOf(later.ms, to - from), from, to };
  }

  /** Uptime of every record of a collection, from memory where it reaches, from days of the store where it does not. */
  async uptimes(org: string, collection: string, { from, to }: Span): Promise<ReadonlyMap<string, WindowUptime>> {
    const { store, tracks, clock } = this.#deps;
    const found = new Map<string, WindowUptime>();
    const isHeld = from >= clock.now() - HELD_MS;
    const times = isHeld
      ? null
      : new Map(
          (
            await store.times({
              org,
              collection,
              resolution: '1d',
              from: floorTo(from, WIDTH_MS['1d']),
              to: ceilTo(to, WIDTH_MS['1d']),
            })
          ).map(({ id, time }) => [id, time]),
        );
    for (const subject of tracks.subjects()) {
      if (subject.org !== org || subject.collection !== collection) continue;
      if (times === null) {
        const uptime = this.uptime(subject, { from, to });
        if (uptime !== null) found.set(subject.id, uptime);
        continue;
      }
      const ms = times.get(subject.id) ?? NO_TIME;
      const outages = this.uptime(subject, { from, to })?.outages ?? { count: 0, longestMs: 0, list: [] };
      found.set(subject.id, { from, to, ms, ...uptimeOf(ms, to - from), outages });
    }
    return found;
  }

  /** What the observations of a window come to, from the finest buckets that still reach so far back. */
  async measure(subject: Subject, { from, to }: Span): Promise<Measure> {
    const { store, clock, limits } = this.#deps;
    const now = clock.now();
    const of =
      to - from <= 2 * WIDTH_MS['1d'] && from > now - limits.rollups5mMs
        ? '5m'
        : from > now - limits.rollups1hMs
          ? '1h'
          : '1d';
    const start = floorTo(from, WIDTH_MS[of]);
    const open = this.#openFrom(of);
    const { rows } = await store.measures({ of, subject, from: start, to: Math.min(to, open), after: 0, limit: 1 });
    const newest =
      to > open ? [await this.#newest(subject, { from: Math.max(open, from), to: Math.min(to, now + 1) })] : [];
    return mergeMeasures([...rows.map((row) => row.measure), ...newest]);
  }

  /** The frozen months of a record and their corrections, newest month first. */
  months(subject: Subject): Promise<readonly MonthRow[]> {
    return this.#deps.store.months({ ...subject, month: null });
  }

  #uptimeOf(track: Track, { from, to }: Span, before: Tally): WindowUptime {
    const { clock, limits } = this.#deps;
    const now = clock.now();
    const end = Math.min(to, now);
    const ms = addTally(before, tally(track, from, end));
    const outages = outagesOf(track, { from, to: end, now, max: limits.outagesMax });
    return { from, to, ms, ...uptimeOf(ms, to - from), outages };
  }

  /** Buckets from here on are not written, or not finished. */
  #openFrom(resolution: Resolution): number {
    return floorTo(this.#deps.rollups.upTo, WIDTH_MS[resolution]);
  }

  /** Observations of a span that has no bucket of its own yet, from the finer ones and the samples in it. */
  async #newest(subject: Subject, { from, to }: Span): Promise<Measure> {
    const { store } = this.#deps;
    const hours = Math.max(from, this.#openFrom('1h'));
    const fives = Math.max(from, this.#openFrom('5m'));
    const parts = await Promise.all([
      from < hours ? store.measures({ of: '1h', subject, from, to: hours, after: 0, limit: 1 }) : null,
      hours < fives ? store.measures({ of: '5m', subject, from: hours, to: fives, after: 0, limit: 1 }) : null,
      fives < to ? store.measures({ of: 'samples', subject, from: fives, to: to + 1, after: 0, limit: 1 }) : null,
    ]);
    return mergeMeasures(parts.flatMap((part) => part?.rows.map((row) => row.measure) ?? []));
  }
}

/** Memory answers for so long back. */
const HELD_MS = 91 * WIDTH_MS['1d'];

/** Share of the checks that were not bad, as percent, cut. */
export function successPct({ checks, bad }: Pick<Measure, 'checks' | 'bad'>): number | null {
  return percent(checks - bad, checks);
}

function pieceOfRow(row: RollupRow, { widthMs, birth, now }: { widthMs: number; birth: number; now: number }): Piece {
  const known =
    row.time.up + row.time.degraded + row.time.down + row.time.pending + row.time.maintenance + row.time.paused;
  const lived = Math.min(row.at + widthMs, now) - Math.max(row.at, birth);
  return {
    at: row.at,
    widthMs,
    ms: { ...row.time, unknown: Math.max(0, lived - known) },
    measure: row.measure,
  };
}

function shownPiece({ at, widthMs, ms, measure }: Piece): Bucket {
  const { checks, bad, min, max } = measure;
  return {
    at,
    widthMs,
    ms,
    checks,
    bad,
    min,
    avg: averageOf(measure),
    max,
    p50: quantile(measure, 0.5),
    p95: quantile(measure, 0.95),
    p99: quantile(measure, 0.99),
  };
}
