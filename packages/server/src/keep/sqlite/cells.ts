/**
 * Rows on their way between threads: the cells of all rows of a table in one flat list. A list of strings and numbers
 * is copied several times faster than as many small objects, and the copying is done by the thread that also serves
 * connections.
 */
import { histogramOf, histogramText, type Measure } from '../../derive/history/measure.ts';
import { NO_TIME, type Tally } from '../../derive/history/tally.ts';
import type { HistoryBatch, StaleRow } from '../history-store.ts';
import type { AuditRow } from '../audit.ts';
import type { CommitBatch, StoredRecord } from '../store.ts';

export type Cell = string | number | null;

/** A batch as the writer takes it. The comments name the columns of each row. */
export interface Tables {
  /** org, version before, version after, newest rid */
  readonly orgs: readonly Cell[];
  /** org, rid, collection, id, version, at, data */
  readonly records: readonly Cell[];
  /** org, version, collection, id, op, patch, actor, at */
  readonly changes: readonly Cell[];
  /** org, collection, id, at, recordedAt, from, to, code, text, cause */
  readonly transitions: readonly Cell[];
  /** org, collection, id, at, ms, v */
  readonly samples: readonly Cell[];
  /** kind, org, id, value, expiresAt */
  readonly documents: readonly Cell[];
  /** org, collection, id, from, to, hasSamples */
  readonly stale: readonly Cell[];
  /** org, seq, at, version, actorKind, actorId, actorName, ip, agent, door, action, collection, id, outcome, before, after, why, prev, hash */
  readonly audits: readonly Cell[];
}

/** What is written of history beside the commits, as the writer takes it. */
export interface HistoryTables {
  /** org, collection, id, resolution, at, up, degraded, down, pending, maintenance, paused */
  readonly times: readonly Cell[];
  /** org, collection, id, resolution, at, checks, bad, min, max, sum, histogram */
  readonly measures: readonly Cell[];
  /** org, collection, id, month, n, at, value, cause */
  readonly months: readonly Cell[];
  /** from, to */
  readonly gaps: readonly Cell[];
  /** org, collection, id, from, to, hasSamples */
  readonly stale: readonly Cell[];
  readonly done: readonly number[];
  readonly upTo: number | null;
  readonly aliveAt: number | null;
}

export const WIDTH = {
  orgs: 4,
  records: 7,
  changes: 8,
  transitions: 10,
  samples: 6,
  documents: 5,
  stale: 6,
  audits: 19,
  times: 11,
  measures: 11,
  months: 8,
  gaps: 2,
} as const;

export function toTables(batch: CommitBatch): Tables {
  const heads = new Map<string, { from: number; to: number; rid: number }>();
  const headOf = (org: string): { from: number; to: number; rid: number } => {
    let head = heads.get(org);
    if (head === undefined) {
      head = { from: Infinity, to: 0, rid: 0 };
      heads.set(org, head);
    }
    return head;
  };
  const records: Cell[] = [];
  for (const { org, rid, collection, id, version, at, text } of batch.records) {
    records.push(org, rid, collection, id, version, at, text);
    const head = headOf(org);
    head.rid = Math.max(head.rid, rid);
  }
  const changes: Cell[] = [];
  for (const { org, version, collection, id, op, patch, actor, at } of batch.changes) {
    changes.push(org, version, collection, id, op, patch === null ? null : JSON.stringify(patch), actor, at);
    const head = headOf(org);
    head.from = Math.min(head.from, version - 1);
    head.to = Math.max(head.to, version);
  }
  const transitions: Cell[] = [];
  for (const t of batch.transitions) {
    transitions.push(t.org, t.collection, t.id, t.at, t.recordedAt, t.from, t.to, t.code, t.text, t.cause);
  }
  const samples: Cell[] = [];
  for (const s of batch.samples) samples.push(s.org, s.collection, s.id, s.at, s.ms, s.v);
  const documents: Cell[] = [];
  for (const { kind, org, id, value, expiresAt } of batch.documents) {
    documents.push(kind, org, id, value === null ? null : JSON.stringify(value), expiresAt);
  }
  const orgs = [...heads].flatMap(([org, { from, to, rid }]) => [org, from, to, rid]);
  return {
    orgs,
    records,
    changes,
    transitions,
    samples,
    documents,
    stale: batch.stale.flatMap(staleCells),
    audits: batch.audits.flatMap(auditCells),
  };
}

export function toHistoryTables(batch: HistoryBatch): HistoryTables {
  const times: Cell[] = [];
  const measures: Cell[] = [];
  for (const { org, collection, id, resolution, at, time, measure } of batch.rollups) {
    if (time !== null) {
      const { up, degraded, down, pending, maintenance, paused } = time;
      times.push(org, collection, id, resolution, at, up, degraded, down, pending, maintenance, paused);
    }
    if (measure !== null) measures.push(org, collection, id, resolution, at, ...measureCells(measure));
  }
  return {
    times,
    measures,
    months: batch.months.flatMap(({ org, collection, id, month, n, at, value, cause }) => [
      org,
      collection,
      id,
      month,
      n,
      at,
      JSON.stringify(value),
      cause,
    ]),
    gaps: batch.gaps.flatMap(({ from, to }) => [from, to]),
    stale: batch.stale.flatMap(staleCells),
    done: batch.done,
    upTo: batch.upTo,
    aliveAt: batch.aliveAt,
  };
}

/** checks, bad, min, max, sum, histogram */
export function measureCells({ checks, bad, min, max, sum, histogram }: Measure): readonly Cell[] {
  return [checks, bad, min, max, sum, histogramText(histogram)];
}

export function toMeasure([checks, bad, min, max, sum, histogram]: readonly Cell[]): Measure {
  return {
    checks: Number(checks),
    bad: Number(bad),
    min: typeof min === 'number' ? min : null,
    max: typeof max === 'number' ? max : null,
    sum: Number(sum),
    histogram: histogramOf(String(histogram)),
  };
}

/** up, degraded, down, pending, maintenance, paused */
export function toTally([up, degraded, down, pending, maintenance, paused]: readonly Cell[]): Tally {
  return {
    ...NO_TIME,
    up: Number(up),
    degraded: Number(degraded),
    down: Number(down),
    pending: Number(pending),
    maintenance: Number(maintenance),
    paused: Number(paused),
  };
}

function staleCells({ org, collection, id, from, to, hasSamples }: StaleRow): readonly Cell[] {
  return [org, collection, id, from, to, hasSamples ? 1 : 0];
}

function auditCells(row: AuditRow): readonly Cell[] {
  const { org, seq, at, version, actorKind, actorId, actorName, ip, agent, door } = row;
  const { action, collection, id, outcome, before, after, why, prev, hash } = row;
  return [org, seq, at, version, actorKind, actorId, actorName, ip, agent, door].concat([
    action,
    collection,
    id,
    outcome,
    before,
    after,
    why,
    prev,
    hash,
  ]);
}

/** The rows of a flat list, as lists of cells. */
export function* rowsOf(cells: readonly Cell[], width: number): Generator<readonly Cell[]> {
  for (let at = 0; at < cells.length; at += width) yield cells.slice(at, at + width);
}

export function toRecords(cells: readonly Cell[]): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (const [org, rid, collection, id, version, at, text] of rowsOf(cells, WIDTH.records)) {
    records.push({
      org: String(org),
      rid: Number(rid),
      collection: String(collection),
      id: String(id),
      version: Number(version),
      at: Number(at),
      text: text === null || text === undefined ? null : String(text),
    });
  }
  return records;
}
