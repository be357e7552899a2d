import type { Resolution } from '../derive/history/calendar.ts';
import type { Measure } from '../derive/history/measure.ts';
import type { Tally } from '../derive/history/tally.ts';
import type { Cover } from '../derive/history/track.ts';

/** The part of a store that keeps what was worked out of the log: a cache that can be made again, and frozen months. */

/** Which record a row is about. */
export interface Subject {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
}

/** One bucket of one record. Time that is in no status is unknown. */
export interface RollupRow extends Subject {
  readonly resolution: Resolution;
  /** Start of the bucket. */
  readonly at: number;
  readonly time: Tally;
  readonly measure: Measure;
}

/** One bucket to write; a half that is null stays as it is. A bucket that then says nothing has no row. */
export interface RollupWrite extends Subject {
  readonly resolution: Resolution;
  readonly at: number;
  readonly time: Tally | null;
  readonly measure: Measure | null;
}

/** A stretch of one record whose buckets may have been written before all was known. */
export interface StaleRow extends Subject {
  readonly from: number;
  readonly to: number;
  /** Observations came too, not only statuses. */
  readonly hasSamples: boolean;
}

/** A month of one record: `n` is 0 as it was frozen, the later ones are corrections. */
export interface MonthRow extends Subject {
  /** `2026-11` */
  readonly month: string;
  readonly n: number;
  /** When it was written. */
  readonly at: number;
  readonly value: MonthValue;
  /** What brought it: `frozen`, or what was changed afterwards. */
  readonly cause: string;
}

export interface MonthValue {
  readonly time: Tally;
  readonly pct: number | null;
  readonly strictPct: number | null;
  readonly coverage: number;
  readonly outages: number;
  readonly longestMs: number;
}

/** What is written of history beside the commits: all or nothing. */
export interface HistoryBatch {
  readonly rollups: readonly RollupWrite[];
  readonly months: readonly MonthRow[];
  readonly gaps: readonly Cover[];
  /** More to work out again. */
  readonly stale: readonly StaleRow[];
  /** These are worked out (`StaleMark.n`). */
  readonly done: readonly number[];
  /** Every bucket that ended by then is written; null leaves the mark. */
  readonly upTo: number | null;
  /** The process was there at this time; null leaves the mark. */
  readonly aliveAt: number | null;
}

export interface StaleMark extends StaleRow {
  readonly n: number;
}

/** How far history is worked out. */
export interface HistoryHead {
  readonly upTo: number | null;
  readonly aliveAt: number | null;
  /** In order of time. */
  readonly gaps: readonly Cover[];
}

/** One transition as a track needs it. */
export interface LogRow extends Subject {
  /** Number in the order of recording. */
  readonly n: number;
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** What the observations of one record within a span come to. */
export interface MeasureRow extends Subject {
  readonly measure: Measure;
}

/** A page of something that is walked through; `next` is where to go on, null at the end. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next: number | null;
}

export interface HistoryStore {
  historyHead(): Promise<HistoryHead>;
  putHistory(batch: HistoryBatch): Promise<void>;
  /** The oldest marks first. */
  stale(limit: number): Promise<readonly StaleMark[]>;
  /** Transitions of all records, in the order of recording, that were recorded at or after a time. */
  log(q: { readonly since: number; readonly after: number; readonly limit: number }): Promise<Page<LogRow>>;
  /** Transitions of one record in the order of recording: those of a span, the last one before it and the first one after it. */
  logOf(q: Subject & { readonly from: number; readonly to: number }): Promise<readonly LogRow[]>;
  /** What each record's raw samples, or its finer buckets, come to within [from, to). Pages are of records. */
  measures(q: {
    readonly of: 'samples' | Resolution;
    /** Null: of all records. */
    readonly subject: Subject | null;
    readonly from: number;
    readonly to: number;
    readonly after: number;
    readonly limit: number;
  }): Promise<Page<MeasureRow>>;
  /** Buckets of one record that begin within [from, to), oldest first. */
  rollups(
    q: Subject & {
      readonly resolution: Resolution;
      readonly from: number;
      readonly to: number;
      readonly limit: number;
    },
  ): Promise<readonly RollupRow[]>;
  /** The time in each status of all records of a collection, over the buckets that begin within [from, to). */
  times(q: {
    readonly org: string;
    readonly collection: string;
    readonly resolution: Resolution;
    readonly from: number;
    readonly to: number;
  }): Promise<readonly (Subject & { readonly time: Tally })[]>;
  /** Months of one record, newest first and corrections in their order; of a whole collection with `id` null, one month. */
  months(q: {
    readonly org: string;
    readonly collection: string;
    readonly id: string | null;
    readonly month: string | null;
  }): Promise<readonly MonthRow[]>;
  /** Raw samples of all records since a time, oldest first in each. Pages are of records. */
  recentSamples(q: {
    readonly from: number;
    readonly after: number;
    readonly limit: number;
  }): Promise<Page<Subject & { readonly at: number; readonly ms: number | null; readonly v: string }>>;
}

export const NO_HISTORY: HistoryBatch = {
  rollups: [],
  months: [],
  gaps: [],
  stale: [],
  done: [],
  upTo: null,
  aliveAt: null,
};
