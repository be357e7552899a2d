/**
 * The thread that reads: history, documents, the load at start, and (as a thread of its own for that time) backups and
 * checks. Every answer is bounded, since a statement that runs cannot be stopped.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import type { AuditHead } from '../audit.ts';
import type { AuditQuery, HistoryQuery, StorePart } from '../store.ts';
import { auditHeadOf, auditsBefore, findAudits } from './audits.ts';
import { answerCalls, StoreError } from './call.ts';
import type { Cell } from './cells.ts';
import { HistoryReader, type HistoryCalls } from './history-reader.ts';
import { partsOf } from './parts.ts';
import { setMeta } from './schema.ts';

/** What the reader can be asked. Rows come as flat cells; the comments of `SQL` name the columns. */
export interface ReaderCalls extends HistoryCalls {
  readonly open: (args: { readonly path: string }) => null;
  readonly load: (args: { readonly after: number; readonly rows: number }) => {
    readonly cells: readonly Cell[];
    readonly last: number | null;
  };
  readonly changes: (q: { readonly org: string; readonly version: number; readonly limit: number }) => readonly Cell[];
  readonly transitions: (q: HistoryQuery) => readonly Cell[];
  readonly transitionsFrom: (q: HistoryQuery) => readonly Cell[];
  readonly recent: (q: { readonly org: string; readonly before: number; readonly limit: number }) => readonly Cell[];
  readonly samples: (q: HistoryQuery) => readonly Cell[];
  readonly document: (key: { readonly kind: string; readonly org: string; readonly id: string }) => string | null;
  readonly documents: (q: {
    readonly kind: string;
    /** Null: of all organizations. */
    readonly org: string | null;
    readonly after: { readonly org: string; readonly id: string } | null;
  }) => { readonly cells: readonly Cell[]; readonly hasMore: boolean };
  readonly audits: (q: AuditQuery) => { readonly cells: readonly Cell[]; readonly next: number | null };
  readonly auditHead: (q: { readonly org: string }) => AuditHead | null;
  readonly auditsBefore: (q: { readonly org: string; readonly at: number }) => {
    readonly head: AuditHead;
    readonly rows: number;
  } | null;
  readonly parts: (args: null) => readonly StorePart[];
  readonly backup: (args: { readonly path: string }) => null;
  /** What is wrong with the file, or null. */
  readonly check: (args: null) => string | null;
  readonly close: (args: null) => null;
}

const SQL = {
  // n, org, rid, collection, id, version, at, data
  load: 'select n, org, rid, collection, id, version, at, data from records where n > ? order by n limit ?',
  // version, collection, id, op, patch, actor, at
  changes:
    'select version, collection, id, op, patch, actor, at from changes where org = ? and version > ? order by version, collection, id limit ?',
  // collection, id, at, recordedAt, from, to, code, text, cause
  transitions:
    'select collection, id, at, recorded_at, from_word, to_word, code, text, cause from transitions ' +
    'where org = ? and collection = ? and id = ? and at >= ? and at < ? order by at desc, n desc limit ?',
  transitionsFrom:
    'select collection, id, at, recorded_at, from_word, to_word, code, text, cause from transitions ' +
    'where org = ? and collection = ? and id = ? and at >= ? and at < ? order by at, n limit ?',
  recent:
    'select collection, id, at, recorded_at, from_word, to_word, code, text, cause from transitions ' +
    'where org = ? and at < ? order by at desc, n desc limit ?',
  // at, ms, v
  samples:
    'select at, ms, v from samples where entity = (select n from entities where org = ? and collection = ? and id = ?) ' +
    'and at >= ? and at < ? order by at limit ?',
  document: 'select value from documents where kind = ? and org = ? and id = ?',
  // org, id, value, expiresAt
  documents: 'select org, id, value, expires_at from documents where kind = ? and (org, id) > (?, ?) order by org, id',
  documentsOf: 'select org, id, value, expires_at from documents where kind = ? and org = ? and id > ? order by id',
} as const;

class Reader {
  readonly db: DatabaseSync;
  readonly history: HistoryReader;
  readonly #statements: ReadonlyMap<string, StatementSync>;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.history = new HistoryReader(db);
    this.#statements = new Map(Object.values(SQL).map((sql) => [sql, db.prepare(sql, { returnArrays: true })]));
  }

  /** The cells of all rows of an answer. */
  cells(sql: string, ...args: SQLInputValue[]): Cell[] {
    const cells: Cell[] = [];
    for (const row of this.#rows(sql, args)) for (const cell of row) cells.push(cell);
    return cells;
  }

  /** As many rows as fit one message. Documents may be large. */
  page(sql: string, ...args: SQLInputValue[]): { cells: Cell[]; hasMore: boolean } {
    const cells: Cell[] = [];
    let size = 0;
    for (const row of this.#rows(sql, args)) {
      if (size >= PAGE_CHARS) return { cells, hasMore: true };
      for (const cell of row) {
        cells.push(cell);
        size += typeof cell === 'string' ? cell.length : 8;
      }
    }
    return { cells, hasMore: false };
  }

  backup(path: string): void {
    const part = `${path}.part`;
    rmSync(part, { force: true });
    this.db.prepare('vacuum into ?').run(part);
    const copy = new DatabaseSync(part);
    // Opened as a store one day it must not pass for the history it is a copy of.
    setMeta(copy, 'copied', '1');
    setMeta(copy, 'clean', '1');
    copy.close();
    flush(part);
    renameSync(part, path);
    flush(dirname(path));
  }

  check(): string | null {
    const found = this.db.prepare('pragma quick_check(1)').get()?.['quick_check'];
    return found === 'ok' ? null : String(found);
  }

  close(): void {
    this.db.close();
  }

  *#rows(sql: string, args: readonly SQLInputValue[]): Generator<readonly Cell[]> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows come as lists, and the tables are STRICT with text, integer and real only.
    for (const row of this.#statements.get(sql)?.iterate(...args) ?? []) yield row as unknown as Cell[];
  }
}

const PAGE_CHARS = 2_000_000;

/** Has the system write a file, or the names in a directory, to the disk. */
function flush(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

let reader: Reader | null = null;

function opened(): Reader {
  if (reader === null) throw new StoreError('the store is not open', 'STORE_CLOSED');
  return reader;
}

const handlers: ReaderCalls = {
  open({ path }) {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    db.exec('pragma cache_size = -65536');
    db.exec('pragma temp_store = memory');
    reader = new Reader(db);
    return null;
  },
  load({ after, rows }) {
    const cells = opened().cells(SQL.load, after, rows);
    const records: Cell[] = [];
    let last: number | null = null;
    for (let at = 0; at < cells.length; at += 8) {
      last = Number(cells[at]);
      records.push(...cells.slice(at + 1, at + 8));
    }
    return { cells: records, last };
  },
  changes: (q) => opened().cells(SQL.changes, q.org, q.version, q.limit),
  transitions: (q) => opened().cells(SQL.transitions, q.org, q.collection, q.id, q.from, q.to, q.limit),
  transitionsFrom: (q) => opened().cells(SQL.transitionsFrom, q.org, q.collection, q.id, q.from, q.to, q.limit),
  recent: (q) => opened().cells(SQL.recent, q.org, q.before, q.limit),
  samples: (q) => opened().cells(SQL.samples, q.org, q.collection, q.id, q.from, q.to, q.limit),
  document(key) {
    const [value] = opened().cells(SQL.document, key.kind, key.org, key.id);
    return value === undefined || value === null ? null : String(value);
  },
  documents({ kind, org, after }) {
    const sql = org === null ? SQL.documents : SQL.documentsOf;
    const from = org === null ? [after?.org ?? '', after?.id ?? ''] : [org, after?.id ?? ''];
    return opened().page(sql, kind, ...from);
  },
  historyHead: () => opened().history.calls.historyHead(null),
  stale: (q) => opened().history.calls.stale(q),
  log: (q) => opened().history.calls.log(q),
  logOf: (q) => opened().history.calls.logOf(q),
  measures: (q) => opened().history.calls.measures(q),
  rollups: (q) => opened().history.calls.rollups(q),
  times: (q) => opened().history.calls.times(q),
  months: (q) => opened().history.calls.months(q),
  recentSamples: (q) => opened().history.calls.recentSamples(q),
  audits: (q) => findAudits(opened().db, q),
  auditHead: ({ org }) => auditHeadOf(opened().db, org),
  auditsBefore: (q) => auditsBefore(opened().db, q),
  parts: () => partsOf(opened().db),
  backup({ path }) {
    opened().backup(path);
    return null;
  },
  check: () => opened().check(),
  close() {
    reader?.close();
    reader = null;
    return null;
  },
};

answerCalls(parentPort, handlers);
