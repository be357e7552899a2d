/**
 * The store of a server on one machine: one SQLite file in write-ahead mode with full flushes, a thread that writes
 * (writer.ts) and a thread that reads (reader.ts). This side holds the lock on the directory and translates rows.
 * When a thread dies every call is refused and `onFatal` is told: what is on disk is right, only a restart goes on.
 */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { assert, type Json, type Patch } from '@statewire/protocol';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { limits as defaults, type Limits } from '../../lib/limits.ts';
import type { AuditHead } from '../audit.ts';
import type {
  AuditPage,
  AuditQuery,
  ChangeRow,
  CommitBatch,
  DocumentRow,
  HistoryQuery,
  SampleRow,
  Store,
  StoredRecord,
  StoreHead,
  StorePart,
  TransitionRow,
} from '../store.ts';
import { Caller, StoreError, workerUrl } from './call.ts';
import type {
  HistoryBatch,
  HistoryHead,
  HistoryStore,
  LogRow,
  MonthRow,
  RollupRow,
  StaleMark,
  Subject,
} from '../history-store.ts';
import { toAudits } from './audits.ts';
import { rowsOf, toHistoryTables, toRecords, toTables, toTally, type Cell } from './cells.ts';
import { assertLocalFiles } from './file-system.ts';
import { toLog, toMeasures, toMonths, toRollups, toStale } from './history-rows.ts';
import { Lock } from './lock.ts';
import type { ReaderCalls } from './reader.ts';
import { SWEEP_START, type SweepCursor, type SweepLimits } from './sweep.ts';
import type { WriterCalls } from './writer.ts';

export interface SqliteStoreOptions {
  /** The database file. Its directory is made when missing, and belongs to this process while the store is open. */
  readonly path: string;
  readonly limits?: Limits | undefined;
  readonly clock?: Clock | undefined;
  /** The store cannot go on (a thread died, or the file and memory no longer agree). End the process. */
  readonly onFatal?: ((error: Error) => void) | undefined;
  /** Open files on a network file system all the same. Default false. */
  readonly allowNetworkFiles?: boolean | undefined;
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #options: SqliteStoreOptions;
  #open: Opened | null = null;
  #isFatal = false;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#path = resolve(options.path);
    this.#limits = options.limits ?? defaults;
    this.#clock = options.clock ?? systemClock;
  }

  async open(): Promise<StoreHead> {
    assert(this.#open === null, 'the store is open already');
    const dir = dirname(this.#path);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (this.#options.allowNetworkFiles !== true) assertLocalFiles(dir);
    const lock = Lock.take(dir, this.#clock.now());
    const writer = this.#thread<WriterCalls>('writer');
    const reader = this.#thread<ReaderCalls>('reader');
    this.#open = { lock, writer, reader, checking: null };
    try {
      // Documents hold secrets; the log and index files take over the mode of this one.
      closeSync(openSync(this.#path, 'a', 0o600));
      const head = await writer.call('open', { path: this.#path, busyMs: this.#limits.storeBusyMs });
      await reader.call('open', { path: this.#path });
      if (head.wasUnclean) await this.#checkFile(this.#open);
      const orgs = [...rowsOf(head.orgs, 4)].map(([org, version, rid, floor]) => ({
        org: String(org),
        version: Number(version),
        rid: Number(rid),
        floor: Number(floor),
      }));
      const audits = [...rowsOf(head.audits, 3)].map(([org, seq, hash]) => ({
        org: String(org),
        seq: Number(seq),
        hash: String(hash),
      }));
      return { epoch: head.epoch, orgs, audits };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async load(each: (rows: readonly StoredRecord[]) => void): Promise<void> {
    const { reader } = this.#opened();
    for (let after: number | null = 0; after !== null;) {
      const { cells, last }: ReturnType<ReaderCalls['load']> = await reader.call('load', { after, rows: LOAD_ROWS });
      if (cells.length > 0) each(toRecords(cells));
      after = last;
    }
  }

  async commit(batch: CommitBatch): Promise<void> {
    try {
      await this.#opened().writer.call('commit', toTables(batch));
    } catch (error) {
      if (error instanceof StoreError && error.code === 'STORE_DIVERGED') this.#fatal(error);
      throw error;
    }
  }

  async changesSince(q: { org: string; version: number; limit: number }): Promise<readonly ChangeRow[]> {
    const cells = await this.#opened().reader.call('changes', { ...q, limit: this.#bounded(q.limit) });
    return [...rowsOf(cells, 7)].map(([version, collection, id, op, patch, actor, at]) => ({
      org: q.org,
      version: Number(version),
      collection: String(collection),
      id: String(id),
      op: op === 'put' || op === 'del' ? op : 'patch',
      patch: typeof patch === 'string' ? parsePatch(patch) : null,
      actor: String(actor),
      at: Number(at),
    }));
  }

  async transitions(q: HistoryQuery): Promise<readonly TransitionRow[]> {
    return toTransitions(
      q.org,
      await this.#opened().reader.call('transitions', { ...q, limit: this.#bounded(q.limit) }),
    );
  }

  async transitionsFrom(q: HistoryQuery): Promise<readonly TransitionRow[]> {
    const cells = await this.#opened().reader.call('transitionsFrom', { ...q, limit: this.#bounded(q.limit) });
    return toTransitions(q.org, cells);
  }

  async recentTransitions(q: { org: string; before: number; limit: number }): Promise<readonly TransitionRow[]> {
    return toTransitions(q.org, await this.#opened().reader.call('recent', { ...q, limit: this.#bounded(q.limit) }));
  }

  async samples(q: HistoryQuery): Promise<readonly SampleRow[]> {
    const { org, collection, id } = q;
    const cells = await this.#opened().reader.call('samples', { ...q, limit: this.#bounded(q.limit) });
    return [...rowsOf(cells, 3)].map(([at, ms, v]) => ({
      org,
      collection,
      id,
      at: Number(at),
      ms: typeof ms === 'number' ? ms : null,
      v: String(v),
    }));
  }

  async document(kind: string, org: string, id: string): Promise<Json | null> {
    const text = await this.#opened().reader.call('document', { kind, org, id });
    return text === null ? null : parse(text);
  }

  async documents(kind: string, org: string | null): Promise<readonly DocumentRow[]> {
    const rows: DocumentRow[] = [];
    for (let after: { org: string; id: string } | null = null; ;) {
      const page: ReturnType<ReaderCalls['documents']> = await this.#opened().reader.call('documents', {
        kind,
        org,
        after,
      });
      for (const [of, id, value, expiresAt] of rowsOf(page.cells, 4)) {
        after = { org: String(of), id: String(id) };
        rows.push({
          kind,
          ...after,
          value: parse(String(value)),
          expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
        });
      }
      if (!page.hasMore) return rows;
    }
  }

  async historyHead(): Promise<HistoryHead> {
    const { upTo, aliveAt, gaps } = await this.#opened().reader.call('historyHead', null);
    return { upTo, aliveAt, gaps: [...rowsOf(gaps, 2)].map(([from, to]) => ({ from: Number(from), to: Number(to) })) };
  }

  async putHistory(batch: HistoryBatch): Promise<void> {
    await this.#opened().writer.call('putHistory', toHistoryTables(batch));
  }

  async stale(limit: number): Promise<readonly StaleMark[]> {
    return toStale(await this.#opened().reader.call('stale', { limit: this.#bounded(limit) }));
  }

  async log(q: Parameters<HistoryStore['log']>[0]): ReturnType<HistoryStore['log']> {
    const limit = this.#bounded(q.limit);
    const rows = toLog(await this.#opened().reader.call('log', { ...q, limit }));
    return { rows, next: rows.length < limit ? null : (rows.at(-1)?.n ?? null) };
  }

  async logOf(q: Subject & { readonly from: number; readonly to: number }): Promise<readonly LogRow[]> {
    return toLog(await this.#opened().reader.call('logOf', { ...q, limit: this.#limits.storeRowsMax }));
  }

  async measures(q: Parameters<HistoryStore['measures']>[0]): ReturnType<HistoryStore['measures']> {
    const { cells, next } = await this.#opened().reader.call('measures', q);
    return { rows: toMeasures(cells), next };
  }

  async rollups(q: Parameters<HistoryStore['rollups']>[0]): Promise<readonly RollupRow[]> {
    const cells = await this.#opened().reader.call('rollups', { ...q, limit: this.#bounded(q.limit) });
    return toRollups(q, q.resolution, cells);
  }

  async times(q: Parameters<HistoryStore['times']>[0]): ReturnType<HistoryStore['times']> {
    const { org, collection } = q;
    const cells = await this.#opened().reader.call('times', q);
    return [...rowsOf(cells, 7)].map(([id, ...time]) => ({ org, collection, id: String(id), time: toTally(time) }));
  }

  async months(q: Parameters<HistoryStore['months']>[0]): Promise<readonly MonthRow[]> {
    return toMonths(q.org, q.collection, await this.#opened().reader.call('months', q));
  }

  async recentSamples(q: Parameters<HistoryStore['recentSamples']>[0]): ReturnType<HistoryStore['recentSamples']> {
    const { cells, next } = await this.#opened().reader.call('recentSamples', q);
    const rows = [...rowsOf(cells, 6)].map(([org, collection, id, at, ms, v]) => ({
      org: String(org),
      collection: String(collection),
      id: String(id),
      at: Number(at),
      ms: typeof ms === 'number' ? ms : null,
      v: String(v),
    }));
    return { rows, next };
  }

  async audits(q: AuditQuery): Promise<AuditPage> {
    const { cells, next } = await this.#opened().reader.call('audits', { ...q, limit: this.#bounded(q.limit) });
    return { rows: toAudits(cells), next };
  }

  async auditHead(org: string): Promise<AuditHead | null> {
    return this.#opened().reader.call('auditHead', { org });
  }

  async auditsBefore(org: string, at: number): ReturnType<Store['auditsBefore']> {
    return this.#opened().reader.call('auditsBefore', { org, at });
  }

  async sweepAudits(org: string, through: number): Promise<number> {
    const rows = this.#limits.deleteSliceRows;
    for (let gone = 0; ;) {
      const slice = await this.#opened().writer.call('sweepAudits', { org, through, rows });
      gone += slice;
      if (slice < rows) return gone;
    }
  }

  async forget(org: string): Promise<number> {
    const rows = this.#limits.deleteSliceRows;
    for (let gone = 0; ;) {
      const slice = await this.#opened().writer.call('forget', { org, rows });
      if (slice === 0) return gone;
      gone += slice;
    }
  }

  async sweep(now: number): Promise<number> {
    const limits = this.#limits;
    const until: SweepLimits = {
      tombstones: now - limits.tombstoneMs,
      changes: now - limits.changesMs,
      changesVersionsMax: limits.changesVersionsMax,
      samples: now - limits.samplesMs,
      transitions: now - limits.transitionsMs,
      documents: now,
      rollups: {
        '5m': now - limits.rollups5mMs,
        '1h': now - limits.rollups1hMs,
        '1d': now - limits.rollups1dMs,
      },
      rows: limits.deleteSliceRows,
    };
    let gone = 0;
    for (let cursor: SweepCursor | null = SWEEP_START; cursor !== null;) {
      // One slice a question, so that writes get in between.
      const slice: ReturnType<WriterCalls['sweep']> = await this.#opened().writer.call('sweep', { cursor, until });
      gone += slice.gone;
      cursor = slice.next;
    }
    return gone;
  }

  async backup(path: string): Promise<void> {
    this.#opened();
    const target = resolve(path);
    if (existsSync(target)) throw new Error(`${target} exists already; a backup is written to a new file`);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    await this.#aside((reader) => reader.call('backup', { path: target }));
  }

  async parts(): Promise<readonly StorePart[]> {
    this.#opened();
    return this.#aside((reader) => reader.call('parts', null));
  }

  async close(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    await open.checking;
    // The reader first: the last connection to close folds the log into the file.
    await open.reader.call('close', null).catch(ignoreGone);
    await open.reader.close();
    await open.writer.call('close', null).catch(ignoreGone);
    await open.writer.close();
    open.lock.close();
  }

  /** After a kill: is the file whole? Small files at once; large ones while the server works already. */
  async #checkFile(open: Opened): Promise<void> {
    const check = this.#aside((reader) => reader.call('check', null)).then((flaw) => {
      if (flaw !== null) throw new Error(`${this.#path} is damaged: ${flaw}. Restore a backup.`);
    });
    if (statSync(this.#path).size <= CHECK_AT_ONCE_BYTES) return check;
    open.checking = check.catch((error: unknown) => {
      if (this.#open === open) this.#fatal(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Something long, in a reader of its own, so that nobody's history waits for it. */
  async #aside<T>(work: (reader: Caller<ReaderCalls>) => Promise<T>): Promise<T> {
    const reader = new Caller<ReaderCalls>({ url: workerUrl('reader'), callsMax: 2, onCrash: () => {} });
    try {
      await reader.call('open', { path: this.#path });
      const value = await work(reader);
      await reader.call('close', null);
      return value;
    } finally {
      await reader.close();
    }
  }

  #thread<M extends object>(script: 'writer' | 'reader'): Caller<M> {
    return new Caller<M>({
      url: workerUrl(script),
      callsMax: this.#limits.storeReadsMax,
      onCrash: (error) => this.#fatal(error),
    });
  }

  #fatal(error: Error): void {
    if (this.#isFatal) return;
    this.#isFatal = true;
    this.#options.onFatal?.(error);
  }

  #opened(): Opened {
    if (this.#open === null) throw new StoreError('the store is closed', 'STORE_CLOSED');
    return this.#open;
  }

  #bounded(limit: number): number {
    return Math.min(Math.max(Math.floor(limit), 0), this.#limits.storeRowsMax);
  }
}

interface Opened {
  readonly lock: Lock;
  readonly writer: Caller<WriterCalls>;
  readonly reader: Caller<ReaderCalls>;
  checking: Promise<void> | null;
}

// A chunk is parsed in one go on the main thread: about 5 ms.
const LOAD_ROWS = 500;
const CHECK_AT_ONCE_BYTES = 268_435_456;

/** While closing, a thread that is gone already has nothing left to close. */
function ignoreGone(error: unknown): null {
  if (error instanceof Error) return null;
  throw error;
}

function toTransitions(org: string, cells: readonly Cell[]): TransitionRow[] {
  return [...rowsOf(cells, 9)].map(([collection, id, at, recordedAt, from, to, code, text, cause]) => ({
    org,
    collection: String(collection),
    id: String(id),
    at: Number(at),
    recordedAt: Number(recordedAt),
    from: String(from),
    to: String(to),
    code: String(code),
    text: String(text),
    cause: String(cause),
  }));
}

function parse(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

function parsePatch(text: string): Patch {
  const patch: Patch = JSON.parse(text);
  return patch;
}
