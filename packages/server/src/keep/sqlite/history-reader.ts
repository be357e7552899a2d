/**
 * What the reading thread is asked about history. Observations are folded here, where they are read: what crosses to
 * the main thread is one row per record, however many observations there were.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Resolution } from '../../derive/history/calendar.ts';
import { measureOf, mergeMeasures, type Measure } from '../../derive/history/measure.ts';
import type { Subject } from '../history-store.ts';
import { measureCells, toMeasure, type Cell } from './cells.ts';

export interface HistoryCalls {
  /** from, to of each gap */
  readonly historyHead: (args: null) => {
    readonly upTo: number | null;
    readonly aliveAt: number | null;
    readonly gaps: readonly Cell[];
  };
  /** n, org, collection, id, from, to, hasSamples */
  readonly stale: (q: { readonly limit: number }) => readonly Cell[];
  /** n, org, collection, id, at, from, to */
  readonly log: (q: { readonly since: number; readonly after: number; readonly limit: number }) => readonly Cell[];
  /** The same columns. */
  readonly logOf: (
    q: Subject & { readonly from: number; readonly to: number; readonly limit: number },
  ) => readonly Cell[];
  /** org, collection, id, checks, bad, min, max, sum, histogram */
  readonly measures: (q: {
    readonly of: 'samples' | Resolution;
    readonly subject: Subject | null;
    readonly from: number;
    readonly to: number;
    readonly after: number;
    readonly limit: number;
  }) => { readonly cells: readonly Cell[]; readonly next: number | null };
  /** at, up, degraded, down, pending, maintenance, paused, checks, bad, min, max, sum, histogram */
  readonly rollups: (
    q: Subject & {
      readonly resolution: Resolution;
      readonly from: number;
      readonly to: number;
      readonly limit: number;
    },
  ) => readonly Cell[];
  /** id, up, degraded, down, pending, maintenance, paused */
  readonly times: (q: {
    readonly org: string;
    readonly collection: string;
    readonly resolution: Resolution;
    readonly from: number;
    readonly to: number;
  }) => readonly Cell[];
  /** id, month, n, at, value, cause */
  readonly months: (q: {
    readonly org: string;
    readonly collection: string;
    readonly id: string | null;
    readonly month: string | null;
  }) => readonly Cell[];
  /** org, collection, id, at, ms, v */
  readonly recentSamples: (q: { readonly from: number; readonly after: number; readonly limit: number }) => {
    readonly cells: readonly Cell[];
    readonly next: number | null;
  };
}

const LOG = 'select n, org, collection, id, at, from_word, to_word from transitions ';
const OF = 'where org = ? and collection = ? and id = ? ';

export class HistoryReader {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  readonly calls: HistoryCalls = {
    historyHead: () => ({
      upTo: this.#mark('history.upTo'),
      aliveAt: this.#mark('history.aliveAt'),
      gaps: this.#cells('select from_at, to_at from gaps order by from_at'),
    }),
    stale: ({ limit }) =>
      this.#cells('select n, org, collection, id, from_at, to_at, has_samples from stale order by n limit ?', limit),
    log: ({ since, after, limit }) =>
      this.#cells(`${LOG} where n > ? and recorded_at >= ? order by n limit ?`, after, since, limit),
    logOf: ({ org, collection, id, from, to, limit }) =>
      this.#cells(
        `select * from (select * from (${LOG} ${OF} and at < ? order by at desc, n desc limit 1) ` +
          `union all select * from (${LOG} ${OF} and at >= ? and at < ? order by n limit ?) ` +
          `union all select * from (${LOG} ${OF} and at >= ? order by at, n limit 1)) order by n`,
        org,
        collection,
        id,
        from,
        org,
        collection,
        id,
        from,
        to,
        limit,
        org,
        collection,
        id,
        to,
      ),
    measures: (q) => this.#measures(q),
    rollups: ({ org, collection, id, resolution, from, to, limit }) =>
      this.#cells(
        'select at, up, degraded, down, pending, maintenance, paused, checks, bad, ms_min, ms_max, ms_sum, histogram from rollups ' +
          `where entity = (select n from entities ${OF}) and resolution = ? and at >= ? and at < ? order by at limit ?`,
        org,
        collection,
        id,
        resolution,
        from,
        to,
        limit,
      ),
    times: ({ org, collection, resolution, from, to }) => {
      // One question for each record: three times as fast as one grouped question for all.
      const cells: Cell[] = [];
      const entities = this.#rows('select n, id from entities where org = ? and collection = ? order by id', [
        org,
        collection,
      ]);
      for (const [n = 0, id = ''] of entities) {
        const [count = 0, ...sums] = this.#cells(
          'select count(*), sum(up), sum(degraded), sum(down), sum(pending), sum(maintenance), sum(paused) from rollups ' +
            'where entity = ? and resolution = ? and at >= ? and at < ?',
          n,
          resolution,
          from,
          to,
        );
        if (count !== 0) cells.push(id, ...sums);
      }
      return cells;
    },
    months: ({ org, collection, id, month }) =>
      this.#cells(
        'select e.id, m.month, m.n, m.at, m.value, m.cause from entities e join months m on m.entity = e.n ' +
          'where e.org = ? and e.collection = ? and (? is null or e.id = ?) and (? is null or m.month = ?) ' +
          'order by m.month desc, e.id, m.n limit 10000',
        org,
        collection,
        id,
        id,
        month,
        month,
      ),
    recentSamples: ({ from, after, limit }) => {
      const entities = this.#entities(after, limit);
      const cells: Cell[] = [];
      for (const [, ...subject] of entities.rows) {
        for (const sample of this.#rows(
          `select at, ms, v from samples where entity = (select n from entities ${OF}) and at >= ? order by at`,
          [...subject, from],
        ))
          cells.push(...subject, ...sample);
      }
      return { cells, next: entities.next };
    },
  };

  #measures({
    of,
    subject,
    from,
    to,
    after,
    limit,
  }: Parameters<HistoryCalls['measures']>[0]): ReturnType<HistoryCalls['measures']> {
    const entities =
      subject === null
        ? this.#entities(after, limit)
        : {
            rows: [
              ...this.#rows(`select n, org, collection, id from entities ${OF}`, [
                subject.org,
                subject.collection,
                subject.id,
              ]),
            ],
            next: null,
          };
    const cells: Cell[] = [];
    for (const [n = 0, ...key] of entities.rows) {
      const measure = of === 'samples' ? this.#ofSamples(n, from, to) : this.#ofRollups(n, of, from, to);
      if (measure.checks > 0) cells.push(...key, ...measureCells(measure));
    }
    return { cells, next: entities.next };
  }

  #ofSamples(entity: Cell, from: number, to: number): Measure {
    const samples = [];
    for (const [ms, v] of this.#rows('select ms, v from samples where entity = ? and at >= ? and at < ? order by at', [
      entity,
      from,
      to,
    ]))
      samples.push({ ms: typeof ms === 'number' ? ms : null, v: String(v) });
    return measureOf(samples);
  }

  #ofRollups(entity: Cell, resolution: Resolution, from: number, to: number): Measure {
    const rows = this.#rows(
      'select checks, bad, ms_min, ms_max, ms_sum, histogram from rollups ' +
        'where entity = ? and resolution = ? and at >= ? and at < ? order by at',
      [entity, resolution, from, to],
    );
    return mergeMeasures([...rows].map(toMeasure));
  }

  /** A page of records by their numbers. */
  #entities(
    after: number,
    limit: number,
  ): { readonly rows: readonly (readonly Cell[])[]; readonly next: number | null } {
    const rows = [
      ...this.#rows('select n, org, collection, id from entities where n > ? order by n limit ?', [after, limit]),
    ];
    const last = rows.at(-1)?.[0];
    return { rows, next: rows.length < limit || last === undefined ? null : Number(last) };
  }

  #mark(key: string): number | null {
    const [value] = this.#cells('select value from meta where key = ?', key);
    return value === undefined ? null : Number(value);
  }

  #cells(sql: string, ...args: SQLInputValue[]): Cell[] {
    const cells: Cell[] = [];
    for (const row of this.#rows(sql, args)) for (const cell of row) cells.push(cell);
    return cells;
  }

  *#rows(sql: string, args: readonly SQLInputValue[]): Generator<readonly Cell[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql, { returnArrays: true });
      this.#statements.set(sql, statement);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows come as lists, and the tables are STRICT with text, integer and real only.
    for (const row of statement.all(...args)) yield row as unknown as Cell[];
  }
}
