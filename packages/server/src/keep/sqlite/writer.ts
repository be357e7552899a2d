/**
 * The thread that writes. It owns the only connection that may, and does one thing at a time: a batch, or one slice of
 * a sweep. Slow disks stop this thread and nobody else.
 */
import { randomBytes } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { answerCalls, StoreError } from './call.ts';
import { sweepAudits } from './audits.ts';
import { forgetSlice } from './forget.ts';
import { rowsOf, WIDTH, type Cell, type HistoryTables, type Tables } from './cells.ts';
import { getMeta, migrate, setMeta } from './schema.ts';
import { sweepSlice, type SweepCursor, type SweepLimits } from './sweep.ts';
import { assertSqliteVersion } from './version.ts';

interface WriterHead {
  readonly epoch: string;
  /** org, version, rid, floor */
  readonly orgs: readonly Cell[];
  /** org, seq, hash */
  readonly audits: readonly Cell[];
  /** The last process did not close the store. */
  readonly wasUnclean: boolean;
}

/** What the writer can be asked. */
export interface WriterCalls {
  readonly open: (args: { readonly path: string; readonly busyMs: number }) => WriterHead;
  readonly commit: (tables: Tables) => null;
  readonly putHistory: (tables: HistoryTables) => null;
  readonly sweep: (args: { readonly cursor: SweepCursor; readonly until: SweepLimits }) => {
    readonly gone: number;
    readonly next: SweepCursor | null;
  };
  readonly sweepAudits: (args: { readonly org: string; readonly through: number; readonly rows: number }) => number;
  readonly forget: (args: { readonly org: string; readonly rows: number }) => number;
  readonly close: (args: null) => null;
}

class Writer {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  /** Numbers of records with samples. Forgotten as a whole when it grows beyond its bound. */
  readonly #entities = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = prepare(db);
  }

  /** Writes all of a batch, or nothing of it. */
  commit(tables: Tables): void {
    this.#within(() => {
      for (const row of rowsOf(tables.orgs, WIDTH.orgs)) this.#moveHead(row);
      for (const row of rowsOf(tables.records, WIDTH.records)) this.#record(row);
      for (const row of rowsOf(tables.changes, WIDTH.changes)) this.#sql.change.run(...row);
      for (const row of rowsOf(tables.transitions, WIDTH.transitions)) this.#sql.transition.run(...row);
      for (const [org = '', collection = '', id = '', ...sample] of rowsOf(tables.samples, WIDTH.samples)) {
        this.#sql.sample.run(this.#entity([org, collection, id]), ...sample);
      }
      for (const [kind = '', org = '', id = '', value = null, expiresAt = null] of rowsOf(
        tables.documents,
        WIDTH.documents,
      )) {
        if (value === null) this.#sql.dropDocument.run(kind, org, id);
        else this.#sql.document.run(kind, org, id, value, expiresAt);
      }
      for (const row of rowsOf(tables.stale, WIDTH.stale)) this.#sql.stale.run(...row);
      for (const row of rowsOf(tables.audits, WIDTH.audits)) this.#audit(row);
    });
  }

  sweepAudits(args: Parameters<WriterCalls['sweepAudits']>[0]): number {
    return this.#within(() => sweepAudits(this.#db, args));
  }

  forget({ org, rows }: Parameters<WriterCalls['forget']>[0]): number {
    this.#entities.clear();
    return this.#within(() => forgetSlice(this.#db, org, rows));
  }

  /** Writes what was worked out, with the marks of how far, or nothing of it. */
  putHistory(tables: HistoryTables): void {
    this.#within(() => {
      for (const [org = '', collection = '', id = '', resolution = '', at = 0, ...time] of rowsOf(
        tables.times,
        WIDTH.times,
      )) {
        const entity = this.#entity([org, collection, id]);
        // A bucket of unknown time alone has no row; one that has, because of its observations, is set to nothing.
        const isBlank = time.every((ms) => ms === 0);
        if (isBlank) this.#sql.blankTime.run(entity, resolution, at);
        else this.#sql.time.run(entity, resolution, at, ...time);
        if (isBlank) this.#sql.dropRollup.run(entity, resolution, at);
      }
      for (const [org = '', collection = '', id = '', resolution = '', at = 0, checks = 0, ...rest] of rowsOf(
        tables.measures,
        WIDTH.measures,
      )) {
        const entity = this.#entity([org, collection, id]);
        if (checks === 0) this.#sql.blankMeasure.run(entity, resolution, at);
        else this.#sql.measure.run(entity, resolution, at, checks, ...rest);
        if (checks === 0) this.#sql.dropRollup.run(entity, resolution, at);
      }
      for (const [org = '', collection = '', id = '', ...month] of rowsOf(tables.months, WIDTH.months)) {
        this.#sql.month.run(this.#entity([org, collection, id]), ...month);
      }
      for (const row of rowsOf(tables.gaps, WIDTH.gaps)) this.#sql.gap.run(...row);
      for (const row of rowsOf(tables.stale, WIDTH.stale)) this.#sql.stale.run(...row);
      for (const n of tables.done) this.#sql.dropStale.run(n);
      if (tables.upTo !== null) setMeta(this.#db, 'history.upTo', String(tables.upTo));
      if (tables.aliveAt !== null) setMeta(this.#db, 'history.aliveAt', String(tables.aliveAt));
    });
  }

  sweep(args: Parameters<WriterCalls['sweep']>[0]): ReturnType<WriterCalls['sweep']> {
    if (args.cursor.at === 'entities') this.#entities.clear();
    return this.#within(() => sweepSlice(this.#db, args.cursor, args.until));
  }

  close(): void {
    setMeta(this.#db, 'clean', '1');
    this.#db.close();
  }

  #within<T>(work: () => T): T {
    this.#db.exec('begin immediate');
    try {
      const value = work();
      this.#db.exec('commit');
      return value;
    } catch (error) {
      // Numbers given out by the transaction are gone with it.
      this.#entities.clear();
      // After some errors SQLite has rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  /** Moves an organization's version, if it is where the batch believes it to be. */
  #moveHead([org = '', from = 0, to = 0, rid = 0]: readonly Cell[]): void {
    if (from === 0) this.#sql.newOrg.run(org);
    const { changes } = this.#sql.moveOrg.run(to, rid, org, from);
    if (changes === 1) return;
    throw new StoreError(
      'the file is at another version than memory: a commit that failed was kept after all. Restart to continue from the file.',
      'STORE_DIVERGED',
    );
  }

  /** The table itself refuses a row that does not go on where the chain ends. */
  #audit(row: readonly Cell[]): void {
    const [org = '', seq = 0] = row;
    try {
      this.#sql.audit.run(...row);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('does not go on')) throw error;
      throw new StoreError(
        `the audit log in the file does not end where memory believes it does (row ${seq} of ${org}). Restart to continue from the file.`,
        'STORE_DIVERGED',
      );
    }
    this.#sql.auditHead.run(org, seq, row.at(-1) ?? '');
  }

  #record([org = '', rid = 0, collection = '', id = '', version = 0, at = 0, data = null]: readonly Cell[]): void {
    if (data === null) this.#sql.tombstone.run(org, rid, collection, id, version, at);
    else this.#sql.record.run(org, rid, collection, id, version, at, data);
  }

  #entity(key: readonly Cell[]): number {
    const name = JSON.stringify(key);
    const known = this.#entities.get(name);
    if (known !== undefined) return known;
    this.#sql.newEntity.run(...key);
    const n = Number(this.#sql.entity.get(...key)?.['n']);
    if (this.#entities.size >= ENTITIES_MAX) this.#entities.clear();
    this.#entities.set(name, n);
    return n;
  }
}

interface Statements {
  readonly [name: string]: StatementSync;
  readonly newOrg: StatementSync;
  readonly moveOrg: StatementSync;
  readonly record: StatementSync;
  readonly tombstone: StatementSync;
  readonly change: StatementSync;
  readonly transition: StatementSync;
  readonly sample: StatementSync;
  readonly newEntity: StatementSync;
  readonly entity: StatementSync;
  readonly document: StatementSync;
  readonly dropDocument: StatementSync;
  readonly stale: StatementSync;
  readonly dropStale: StatementSync;
  readonly time: StatementSync;
  readonly blankTime: StatementSync;
  readonly measure: StatementSync;
  readonly blankMeasure: StatementSync;
  readonly dropRollup: StatementSync;
  readonly month: StatementSync;
  readonly gap: StatementSync;
  readonly audit: StatementSync;
  readonly auditHead: StatementSync;
}

function prepare(db: DatabaseSync): Statements {
  return {
    newOrg: db.prepare('insert into orgs values (?, 0, 0, 0) on conflict do nothing'),
    moveOrg: db.prepare('update orgs set version = ?, rid = max(rid, ?) where org = ? and version = ?'),
    record: db.prepare(
      'insert into records (org, rid, collection, id, version, at, data) values (?, ?, ?, ?, ?, ?, ?) ' +
        'on conflict (org, rid) do update set version = excluded.version, at = excluded.at, data = excluded.data',
    ),
    // A record may be made and deleted within one batch: its tombstone is all that is ever stored of it.
    tombstone: db.prepare(
      'insert into records (org, rid, collection, id, version, at, deleted) values (?, ?, ?, ?, ?, ?, 1) ' +
        'on conflict (org, rid) do update set version = excluded.version, at = excluded.at, deleted = 1, data = null',
    ),
    change: db.prepare('insert into changes values (?, ?, ?, ?, ?, ?, ?, ?)'),
    transition: db.prepare(
      'insert into transitions (org, collection, id, at, recorded_at, from_word, to_word, code, text, cause) ' +
        'values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    sample: db.prepare('insert or replace into samples values (?, ?, ?, ?)'),
    newEntity: db.prepare('insert into entities (org, collection, id) values (?, ?, ?) on conflict do nothing'),
    entity: db.prepare('select n from entities where org = ? and collection = ? and id = ?'),
    document: db.prepare(
      'insert into documents values (?, ?, ?, ?, ?) ' +
        'on conflict do update set value = excluded.value, expires_at = excluded.expires_at',
    ),
    dropDocument: db.prepare('delete from documents where kind = ? and org = ? and id = ?'),
    stale: db.prepare('insert into stale (org, collection, id, from_at, to_at, has_samples) values (?, ?, ?, ?, ?, ?)'),
    dropStale: db.prepare('delete from stale where n = ?'),
    time: db.prepare(
      'insert into rollups (entity, resolution, at, up, degraded, down, pending, maintenance, paused) ' +
        'values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set up = excluded.up, degraded = excluded.degraded, ' +
        'down = excluded.down, pending = excluded.pending, maintenance = excluded.maintenance, paused = excluded.paused',
    ),
    blankTime: db.prepare(
      'update rollups set up = 0, degraded = 0, down = 0, pending = 0, maintenance = 0, paused = 0 ' +
        'where entity = ? and resolution = ? and at = ?',
    ),
    measure: db.prepare(
      'insert into rollups (entity, resolution, at, checks, bad, ms_min, ms_max, ms_sum, histogram) ' +
        'values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set checks = excluded.checks, bad = excluded.bad, ' +
        'ms_min = excluded.ms_min, ms_max = excluded.ms_max, ms_sum = excluded.ms_sum, histogram = excluded.histogram',
    ),
    blankMeasure: db.prepare(
      "update rollups set checks = 0, bad = 0, ms_min = null, ms_max = null, ms_sum = 0, histogram = '' " +
        'where entity = ? and resolution = ? and at = ?',
    ),
    dropRollup: db.prepare(
      'delete from rollups where entity = ? and resolution = ? and at = ? ' +
        'and up + degraded + down + pending + maintenance + paused + checks = 0',
    ),
    month: db.prepare('insert into months values (?, ?, ?, ?, ?, ?) on conflict do nothing'),
    audit: db.prepare(`insert into audits values (${Array.from({ length: WIDTH.audits }, () => '?').join(', ')})`),
    auditHead: db.prepare(
      'insert into audit_heads (org, seq, hash) values (?, ?, ?) on conflict do update set seq = excluded.seq, hash = excluded.hash',
    ),
    gap: db.prepare('insert into gaps values (?, ?) on conflict do update set to_at = max(to_at, excluded.to_at)'),
  };
}

let writer: Writer | null = null;

function opened(): Writer {
  if (writer === null) throw new StoreError('the store is not open', 'STORE_CLOSED');
  return writer;
}

function open({ path, busyMs }: Parameters<WriterCalls['open']>[0]): WriterHead {
  const db = new DatabaseSync(path, { timeout: busyMs, enableForeignKeyConstraints: true });
  try {
    assertSqliteVersion(db);
    for (const pragma of PRAGMAS) db.exec(`pragma ${pragma}`);
    const mode = String(db.prepare('pragma journal_mode').get()?.['journal_mode']);
    if (mode !== 'wal')
      throw new Error(`the journal of ${path} is "${mode}", expected "wal": the disk does not support it`);
    migrate(db);
    const wasUnclean = getMeta(db, 'clean') === '0';
    setMeta(db, 'clean', '0');
    const epoch = epochOf(db);
    const orgs = db.prepare('select org, version, rid, floor from orgs').all();
    const audits = db.prepare('select org, seq, hash from audit_heads').all();
    writer = new Writer(db);
    return {
      epoch,
      wasUnclean,
      orgs: orgs.flatMap((row) => [row['org'], row['version'], row['rid'], row['floor']].map(cellOf)),
      audits: audits.flatMap((row) => [row['org'], row['seq'], row['hash']].map(cellOf)),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The id of this history. A copy restored from a backup is another history: its versions will mean other things. */
function epochOf(db: DatabaseSync): string {
  const known = getMeta(db, 'epoch');
  if (known !== null && getMeta(db, 'copied') === null) return known;
  const epoch = randomBytes(9).toString('base64url');
  db.exec('begin immediate');
  setMeta(db, 'epoch', epoch);
  db.exec("delete from meta where key = 'copied'");
  db.exec('commit');
  return epoch;
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  throw new Error(`invariant broken: a cell of type ${typeof value}`);
}

const ENTITIES_MAX = 200_000;

// No mmap: it turns a passing fault of the disk into damage. FULL: what is acknowledged survives a power cut.
const PRAGMAS = [
  'journal_mode = wal',
  'synchronous = full',
  'cache_size = -65536',
  'temp_store = memory',
  'journal_size_limit = 67108864',
  'mmap_size = 0',
];

const handlers: WriterCalls = {
  open,
  commit(tables) {
    opened().commit(tables);
    return null;
  },
  putHistory(tables) {
    opened().putHistory(tables);
    return null;
  },
  sweep: (args) => opened().sweep(args),
  sweepAudits: (args) => opened().sweepAudits(args),
  forget: (args) => opened().forget(args),
  close() {
    writer?.close();
    writer = null;
    return null;
  },
};

answerCalls(parentPort, handlers);
