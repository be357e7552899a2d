/** What the reading thread answers about history, as rows. */
import type { LogRow, MeasureRow, MonthRow, MonthValue, RollupRow, StaleMark, Subject } from '../history-store.ts';
import { rowsOf, toMeasure, toTally, type Cell } from './cells.ts';

export function toStale(cells: readonly Cell[]): StaleMark[] {
  return [...rowsOf(cells, 7)].map(([n, org, collection, id, from, to, hasSamples]) => ({
    n: Number(n),
    ...subjectOf(org, collection, id),
    from: Number(from),
    to: Number(to),
    hasSamples: hasSamples === 1,
  }));
}

export function toLog(cells: readonly Cell[]): LogRow[] {
  return [...rowsOf(cells, 7)].map(([n, org, collection, id, at, from, to]) => ({
    n: Number(n),
    ...subjectOf(org, collection, id),
    at: Number(at),
    from: String(from),
    to: String(to),
  }));
}

export function toMeasures(cells: readonly Cell[]): MeasureRow[] {
  return [...rowsOf(cells, 9)].map(([org, collection, id, ...measure]) => ({
    ...subjectOf(org, collection, id),
    measure: toMeasure(measure),
  }));
}

export function toRollups(of: Subject, resolution: RollupRow['resolution'], cells: readonly Cell[]): RollupRow[] {
  const { org, collection, id } = of;
  return [...rowsOf(cells, 13)].map((row) => ({
    org,
    collection,
    id,
    resolution,
    at: Number(row[0]),
    time: toTally(row.slice(1, 7)),
    measure: toMeasure(row.slice(7)),
  }));
}

export function toMonths(org: string, collection: string, cells: readonly Cell[]): MonthRow[] {
  return [...rowsOf(cells, 6)].map(([id, month, n, at, value, cause]) => ({
    org,
    collection,
    id: String(id),
    month: String(month),
    n: Number(n),
    at: Number(at),
    value: monthValue(String(value)),
    cause: String(cause),
  }));
}

function monthValue(text: string): MonthValue {
  const value: MonthValue = JSON.parse(text);
  return value;
}

function subjectOf(org: Cell | undefined, collection: Cell | undefined, id: Cell | undefined): Subject {
  return { org: String(org), collection: String(collection), id: String(id) };
}
