/**
 * The statuses of every record over the last 91 days, in memory: the newest part of the transition log, with what
 * annotations and our own gaps take out of it. Moved by each commit. What lies further back is read from the store.
 */
import { collectionOf, STATUSES, type Status } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { DAY_MS, WIDTH_MS } from '../derive/history/calendar.ts';
import { paint, record, replay, type Cover, type Mark, type Track } from '../derive/history/track.ts';
import type { Limits } from '../lib/limits.ts';
import type { Change, Committed } from './commit-types.ts';
import type { HistoryStore, Subject } from './history-store.ts';
import type { Live } from './live.ts';
import { coverOf } from './stale.ts';

/** How far back memory reaches: a bar of 90 days begins at a midnight. */
export const TRACK_MS: number = 91 * DAY_MS;

export interface TracksDeps {
  readonly live: Pick<Live, 'orgs' | 'collections' | 'entries' | 'get'>;
  readonly store: Pick<HistoryStore, 'log' | 'logOf'>;
  readonly limits: Limits;
}

/** A record whose history changed, by its commit. */
export type Touch = Subject & { readonly isGone: boolean };

export class Tracks {
  readonly #deps: TracksDeps;
  /** By organization, then by `collection/id`. */
  readonly #orgs = new Map<string, Map<string, Held>>();
  #gaps: readonly Cover[] = [];
  /** Memory speaks of what came after. */
  #horizon = 0;

  constructor(deps: TracksDeps) {
    this.#deps = deps;
  }

  /** Fills an empty memory from the log. Nothing may be committed meanwhile. */
  async load(now: number, gaps: readonly Cover[]): Promise<void> {
    const { live, store, limits } = this.#deps;
    this.#gaps = [...gaps];
    this.#horizon = now - TRACK_MS;
    for (const org of live.orgs()) {
      for (const collection of live.collections(org)) {
        if (!hasStatus(collection)) continue;
        for (const { id, row } of live.entries(org, collection)) {
          this.#hold({ org, collection, id }, [
            { at: Math.max(birthOf(row), this.#horizon), word: wordOf(row['status']) },
          ]);
        }
      }
    }
    const begun = new Set<Held>();
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<HistoryStore['log']>> = await store.log({
        since: this.#horizon,
        after,
        limit: limits.storeRowsMax,
      });
      for (const { org, collection, id, at, from, to } of page.rows) {
        const held = this.#held({ org, collection, id });
        // What an earlier record of this id went through is none of this one's.
        if (held === null || at < held.birth) continue;
        const [first] = held.marks;
        if (first === undefined) continue;
        if (!begun.has(held)) {
          begun.add(held);
          held.marks = [{ at: first.at, word: wordOf(from) }];
        }
        this.#take(held, { at: Math.max(at, first.at), word: wordOf(to) });
      }
      after = page.next;
    }
    for (const org of live.orgs()) for (const { row } of live.entries(org, 'annotations')) this.#cover(org, row, true);
  }

  /** Follows one durable transaction. Tells which records' histories it moved. */
  follow(committed: Committed): readonly Touch[] {
    const { org } = committed;
    const touched = new Map<string, Touch>();
    const touch = (collection: string, id: string, isGone = false): void =>
      void touched.set(`${collection}/${id}`, { org, collection, id, isGone });
    for (const change of committed.changes) {
      if (hasStatus(change.collection)) {
        if (change.before !== null && change.after !== null) continue;
        this.#birthOrDeath(change, committed);
        touch(change.collection, change.id, change.after === null);
      } else if (change.collection === 'annotations') {
        for (const [row, isThere] of [
          [change.before, false],
          [change.after, true],
        ] as const) {
          const subject = this.#cover(org, row, isThere);
          if (subject !== null) touch(subject.collection, subject.id);
        }
      }
    }
    for (const { collection, id, at, to } of committed.transitions) {
      const held = this.#held({ org, collection, id });
      if (held === null) continue;
      this.#take(held, { at: Math.max(at, held.birth), word: wordOf(to) });
      touch(collection, id);
    }
    return [...touched.values()];
  }

  /** We were away: nothing is known of that time. */
  addGap(gap: Cover): void {
    this.#gaps = [...this.#gaps, gap];
    for (const of of this.#orgs.values()) for (const held of of.values()) held.painted = null;
  }

  /** A record's statuses since the horizon, or null when there is no such record. */
  of({ org, collection, id }: Subject): Track | null {
    const held = this.#held({ org, collection, id });
    if (held === null) return null;
    held.painted ??= this.#paint(held.marks, held);
    return held.painted;
  }

  /** A record's statuses over a span, further back than memory too, as far as the log is kept. */
  async read(subject: Subject, from: number, to: number): Promise<Track | null> {
    const held = this.#held(subject);
    if (held === null) return null;
    const first = held.marks[0]?.at ?? held.birth;
    if (from >= first || first <= held.birth) return this.of(subject);
    const rows = (await this.#deps.store.logOf({ ...subject, from, to })).filter(({ at }) => at >= held.birth);
    const [begin] = rows;
    if (begin === undefined)
      return this.#paint([{ at: Math.max(from, held.birth), word: held.marks[0]?.word ?? 'unknown' }], held);
    const isBefore = begin.at < from;
    const born = { at: Math.max(from, held.birth), word: wordOf(isBefore ? begin.to : begin.from) };
    const later = rows.slice(isBefore ? 1 : 0).filter(({ at }) => at < to);
    return this.#paint(
      replay(
        born,
        later.map(({ at, to: word }) => ({ at, word: wordOf(word) })),
      ),
      held,
    );
  }

  /** Every record that is held. */
  *subjects(): Generator<Subject> {
    for (const [org, of] of this.#orgs) for (const { collection, id } of of.values()) yield { org, collection, id };
  }

  get size(): number {
    let size = 0;
    for (const of of this.#orgs.values()) size += of.size;
    return size;
  }

  birth(subject: Subject): number | null {
    return this.#held(subject)?.birth ?? null;
  }

  /**
   * Is a span so deep inside one gap of ours that nothing was observed in it, and does no annotation say otherwise? At its
   * beginning a gap may hold what came after the last mark that we were there.
   */
  isQuiet(from: number, to: number): boolean {
    if (!this.#gaps.some((gap) => gap.from + 2 * WIDTH_MS['1h'] <= from && gap.to >= to)) return false;
    for (const of of this.#orgs.values()) {
      for (const { covers } of of.values()) {
        for (const cover of covers.values()) if (cover.from < to && cover.to > from) return false;
      }
    }
    return true;
  }

  /** Lets go of what has left the horizon. */
  trim(now: number): void {
    this.#horizon = Math.max(this.#horizon, now - TRACK_MS - DAY_MS);
    for (const of of this.#orgs.values()) {
      for (const held of of.values()) {
        const keep = held.marks.findIndex((_, i) => (held.marks[i + 1]?.at ?? Infinity) > this.#horizon);
        if (keep <= 0) continue;
        held.marks = held.marks.slice(keep);
        held.painted = null;
      }
    }
  }

  #birthOrDeath({ org, collection, id, after }: Change, committed: Committed): void {
    if (after === null) {
      this.#orgs.get(org)?.delete(`${collection}/${id}`);
      return;
    }
    const first = committed.transitions.find((row) => row.collection === collection && row.id === id);
    const word = wordOf(first?.from ?? after['status']);
    this.#hold({ org, collection, id }, [{ at: birthOf(after), word }]);
    for (const { row } of this.#deps.live.entries(org, 'annotations')) {
      const cover = coverOf(row);
      if (cover?.subject.collection === collection && cover.subject.id === id) this.#cover(org, row, true);
    }
  }

  #hold(subject: Subject, marks: Mark[]): void {
    let of = this.#orgs.get(subject.org);
    if (of === undefined) {
      of = new Map();
      this.#orgs.set(subject.org, of);
    }
    const row = this.#deps.live.get(subject.org, subject.collection, subject.id)?.row ?? null;
    const birth = row === null ? (marks[0]?.at ?? 0) : birthOf(row);
    of.set(`${subject.collection}/${subject.id}`, { ...subject, birth, marks, covers: new Map(), painted: null });
  }

  #held({ org, collection, id }: Subject): Held | null {
    return this.#orgs.get(org)?.get(`${collection}/${id}`) ?? null;
  }

  #take(held: Held, mark: Mark): void {
    record(held.marks, mark);
    const { trackMarksMax } = this.#deps.limits;
    if (held.marks.length > trackMarksMax) held.marks = held.marks.slice(-Math.ceil((trackMarksMax * 7) / 8));
    held.painted = null;
  }

  /** Takes in, or lets go of, what an annotation covers. Tells of which record. */
  #cover(org: string, row: Row | null, isThere: boolean): Subject | null {
    const cover = coverOf(row);
    if (row === null || cover === null) return null;
    const subject = { org, ...cover.subject };
    const held = this.#held(subject);
    if (held === null) return null;
    if (isThere) held.covers.set(row.id, cover);
    else held.covers.delete(row.id);
    held.painted = null;
    return subject;
  }

  // What people say of a time stands above what we do not know of it.
  #paint(marks: Track, { covers }: Held): Track {
    const of = (kind: string): Cover[] => [...covers.values()].filter((cover) => cover.kind === kind);
    return paint(
      paint(paint(marks, this.#gaps, 'unknown'), of('exclude'), 'unknown'),
      of('maintenance'),
      'maintenance',
    );
  }
}

interface Held extends Subject {
  readonly birth: number;
  marks: Mark[];
  /** By the annotation's id. */
  readonly covers: Map<string, Cover & { readonly kind: 'exclude' | 'maintenance' }>;
  painted: Track | null;
}

function hasStatus(collection: string): boolean {
  return collectionOf(collection)?.kind === 'status';
}

function birthOf(row: Row): number {
  return typeof row['createdAt'] === 'number' ? row['createdAt'] : 0;
}

function wordOf(word: unknown): Status {
  return STATUSES.find((status) => status === word) ?? 'unknown';
}
