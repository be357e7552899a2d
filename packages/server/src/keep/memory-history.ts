/** History in memory, beside the commits of memory-store.ts. The same contract as on disk, without its speed. */
import { measureOf, mergeMeasures, NO_MEASURE } from '../derive/history/measure.ts';
import { addTally, isBlank, NO_TIME, type Tally } from '../derive/history/tally.ts';
import type { Limits } from '../lib/limits.ts';
import type {
  HistoryBatch,
  HistoryHead,
  HistoryStore,
  MonthRow,
  RollupRow,
  RollupWrite,
  StaleMark,
  StaleRow,
  Subject,
} from './history-store.ts';
import type { SampleRow, TransitionRow } from './store.ts';

/** What the commits keep, as history reads it. */
export interface Committed {
  /** All transitions in the order of recording. */
  transitions(): readonly TransitionRow[];
  /** All samples, by record. */
  samples(): Iterable<readonly SampleRow[]>;
}

export class MemoryHistory implements HistoryStore {
  readonly #committed: Committed;
  readonly #rollups = new Map<string, RollupRow>();
  readonly #months = new Map<string, MonthRow>();
  readonly #gaps = new Map<number, number>();
  #stale: StaleMark[] = [];
  #n = 0;
  #upTo: number | null = null;
  #aliveAt: number | null = null;

  constructor(committed: Committed) {
    this.#committed = committed;
  }

  /** With a commit. */
  markStale(rows: readonly StaleRow[]): void {
    for (const row of rows) this.#stale.push({ ...row, n: ++this.#n });
  }

  /** Removes all that is of an organization; returns how many rows went. */
  forget(org: string): number {
    let gone = 0;
    for (const of of [this.#rollups, this.#months])
      for (const [key, row] of of) if (row.org === org && of.delete(key)) gone += 1;
    const stale = this.#stale.filter((row) => row.org !== org);
    gone += this.#stale.length - stale.length;
    this.#stale = stale;
    return gone;
  }

  async historyHead(): Promise<HistoryHead> {
    const gaps = [...this.#gaps].map(([from, to]) => ({ from, to })).sort((a, b) => a.from - b.from);
    return { upTo: this.#upTo, aliveAt: this.#aliveAt, gaps };
  }

  async putHistory(batch: HistoryBatch): Promise<void> {
    for (const write of batch.rollups) this.#put(write);
    for (const month of batch.months) {
      const key = JSON.stringify([month.org, month.collection, month.id, month.month, month.n]);
      if (!this.#months.has(key)) this.#months.set(key, month);
    }
    for (const { from, to } of batch.gaps) this.#gaps.set(from, Math.max(to, this.#gaps.get(from) ?? to));
    this.markStale(batch.stale);
    this.#stale = this.#stale.filter(({ n }) => !batch.done.includes(n));
    this.#upTo = batch.upTo ?? this.#upTo;
    this.#aliveAt = batch.aliveAt ?? this.#aliveAt;
  }

  async stale(limit: number): Promise<readonly StaleMark[]> {
    return this.#stale.slice(0, limit);
  }

  async log(q: Parameters<HistoryStore['log']>[0]): ReturnType<HistoryStore['log']> {
    const rows = this.#log().filter(({ n, recordedAt }) => n > q.after && recordedAt >= q.since);
    const page = rows.slice(0, q.limit);
    return { rows: page, next: page.length < q.limit ? null : (page.at(-1)?.n ?? null) };
  }

  async logOf(q: Parameters<HistoryStore['logOf']>[0]): ReturnType<HistoryStore['logOf']> {
    const rows = this.#log().filter((row) => isOf(row, q));
    const before = rows.filter(({ at }) => at < q.from).sort((a, b) => b.at - a.at || b.n - a.n);
    const after = rows.filter(({ at }) => at >= q.to).sort((a, b) => a.at - b.at || a.n - b.n);
    const inside = rows.filter(({ at }) => at >= q.from && at < q.to);
    return [...before.slice(0, 1), ...inside, ...after.slice(0, 1)].sort((a, b) => a.n - b.n);
  }

  async measures(q: Parameters<HistoryStore['measures']>[0]): ReturnType<HistoryStore['measures']> {
    const isIn = ({ at }: { readonly at: number }): boolean => at >= q.from && at < q.to;
    const found = new Map<string, { readonly subject: Subject; readonly measures: RollupRow['measure'][] }>();
    const add = ({ org, collection, id }: Subject, measure: RollupRow['measure']): void => {
      if (measure.checks === 0 || (q.subject !== null && !isOf({ org, collection, id }, q.subject))) return;
      const key = JSON.stringify([org, collection, id]);
      const entry = found.get(key) ?? { subject: { org, collection, id }, measures: [] };
      entry.measures.push(measure);
      found.set(key, entry);
    };
    if (q.of === 'samples') {
      for (const samples of this.#committed.samples()) {
        const [first] = samples;
        if (first !== undefined) add(first, measureOf(samples.filter(isIn)));
      }
    } else {
      for (const row of this.#rollups.values()) if (row.resolution === q.of && isIn(row)) add(row, row.measure);
    }
    // One page: memory has no reason for more.
    if (q.after > 0) return { rows: [], next: null };
    return {
      rows: [...found.values()].map(({ subject, measures }) => ({ ...subject, measure: mergeMeasures(measures) })),
      next: null,
    };
  }

  async rollups(q: Parameters<HistoryStore['rollups']>[0]): Promise<readonly RollupRow[]> {
    return [...this.#rollups.values()]
      .filter((row) => isOf(row, q) && row.resolution === q.resolution && row.at >= q.from && row.at < q.to)
      .sort((a, b) => a.at - b.at)
      .slice(0, q.limit);
  }

  async times(q: Parameters<HistoryStore['times']>[0]): ReturnType<HistoryStore['times']> {
    const sums = new Map<string, Tally>();
    for (const row of this.#rollups.values()) {
      if (row.org !== q.org || row.collection !== q.collection || row.resolution !== q.resolution) continue;
      if (row.at >= q.from && row.at < q.to) sums.set(row.id, addTally(sums.get(row.id) ?? NO_TIME, row.time));
    }
    return [...sums].map(([id, time]) => ({ org: q.org, collection: q.collection, id, time }));
  }

  async months(q: Parameters<HistoryStore['months']>[0]): Promise<readonly MonthRow[]> {
    return [...this.#months.values()]
      .filter(
        ({ org, collection, id, month }) =>
          org === q.org && collection === q.collection && id === (q.id ?? id) && month === (q.month ?? month),
      )
      .sort((a, b) => compare(b.month, a.month) || compare(a.id, b.id) || a.n - b.n);
  }

  async recentSamples(q: Parameters<HistoryStore['recentSamples']>[0]): ReturnType<HistoryStore['recentSamples']> {
    if (q.after > 0) return { rows: [], next: null };
    const rows = [...this.#committed.samples()].flatMap((samples) =>
      samples.filter(({ at }) => at >= q.from).sort((a, b) => a.at - b.at),
    );
    return { rows, next: null };
  }

  /** Forgets buckets and gaps past their time. Returns how many went. */
  sweep(now: number, limits: Limits): number {
    const until = {
      '5m': now - limits.rollups5mMs,
      '1h': now - limits.rollups1hMs,
      '1d': now - limits.rollups1dMs,
    };
    let gone = 0;
    for (const [key, { resolution, at }] of this.#rollups) {
      if (at <= until[resolution] && this.#rollups.delete(key)) gone += 1;
    }
    for (const [from, to] of this.#gaps) if (to <= until['1d'] && this.#gaps.delete(from)) gone += 1;
    return gone;
  }

  #put({ org, collection, id, resolution, at, time, measure }: RollupWrite): void {
    const key = JSON.stringify([org, collection, id, resolution, at]);
    const was = this.#rollups.get(key);
    const row = {
      org,
      collection,
      id,
      resolution,
      at,
      // Unknown time is what is left of a bucket.
      time: time === null ? (was?.time ?? NO_TIME) : { ...time, unknown: 0 },
      measure: measure ?? was?.measure ?? NO_MEASURE,
    };
    if (isBlank(row.time) && row.measure.checks === 0) this.#rollups.delete(key);
    else this.#rollups.set(key, row);
  }

  #log(): readonly (Subject & { n: number; at: number; recordedAt: number; from: string; to: string })[] {
    return this.#committed.transitions().map(({ org, collection, id, at, recordedAt, from, to }, i) => ({
      org,
      collection,
      id,
      at,
      recordedAt,
      from,
      to,
      n: i + 1,
    }));
  }
}

function isOf(row: Subject, of: Subject): boolean {
  return row.org === of.org && row.collection === of.collection && row.id === of.id;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
