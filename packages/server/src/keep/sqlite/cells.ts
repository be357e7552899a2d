/**
 * Rows on their way between threads: the cells of all rows of a table in one flat list. A list of strings and numbers
 * is copied several times faster than as many small objects, and the copying is done by the thread that also serves
 * connections.
 */
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
}

export const WIDTH = { orgs: 4, records: 7, changes: 8, transitions: 10, samples: 6, documents: 5 } as const;

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
  return { orgs, records, changes, transitions, samples, documents };
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
