import { randomUUID } from 'node:crypto';
import { assert, type Json } from '@statewire/protocol';
import { limits as defaults, type Limits } from '../lib/limits.ts';
import type {
  HistoryBatch,
  HistoryHead,
  HistoryStore,
  LogRow,
  MonthRow,
  RollupRow,
  StaleMark,
} from './history-store.ts';
import type { AuditHead } from './audit.ts';
import { MemoryAudits } from './memory-audits.ts';
import { MemoryHistory } from './memory-history.ts';
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
} from './store.ts';

export interface MemoryStoreOptions {
  /** Default: a random one. */
  readonly epoch?: string | undefined;
  readonly limits?: Limits | undefined;
  /** Runs before a batch is taken over; throw or reject to have the commit fail. For tests and the simulation. */
  readonly onCommit?: ((batch: CommitBatch) => void | Promise<void>) | undefined;
}

/**
 * A store without a disk, for tests, the simulation and `--memory`. It outlives `close`: opening the same object again
 * is a restart of the server on the same data.
 */
export class MemoryStore implements Store {
  readonly #options: MemoryStoreOptions;
  readonly #epoch: string;
  /** May be changed between openings, as a new release would. */
  limits: Limits;
  readonly #orgs = new Map<string, Org>();
  readonly #documents = new Map<string, { readonly row: Omit<DocumentRow, 'value'>; readonly text: string }>();
  readonly #history = new MemoryHistory({
    transitions: () => [...this.#orgs.values()].flatMap(({ transitions }) => transitions),
    samples: () =>
      [...this.#orgs.values()].flatMap(({ samples }) => [...samples.values()].map((of) => [...of.values()])),
  });
  readonly #audits = new MemoryAudits();
  #isOpen = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.#epoch = options.epoch ?? randomUUID();
    this.limits = options.limits ?? defaults;
  }

  async open(): Promise<StoreHead> {
    assert(!this.#isOpen, 'the store is open already');
    this.#isOpen = true;
    const orgs = [...this.#orgs].map(([org, { version, rid, floor }]) => ({ org, version, rid, floor }));
    return { epoch: this.#epoch, orgs, audits: this.#audits.heads };
  }

  async load(each: (rows: readonly StoredRecord[]) => void): Promise<void> {
    this.#assertOpen();
    for (const org of this.#orgs.values()) each([...org.records.values()]);
  }

  async commit(batch: CommitBatch): Promise<void> {
    this.#assertOpen();
    await this.#options.onCommit?.(batch);
    this.#assertOpen();
    for (const change of batch.changes) {
      const { version } = this.#org(change.org);
      assert(change.version > version, `version ${change.version} of ${change.org} is stored already`);
    }
    this.#audits.check(batch.audits);
    for (const record of batch.records) {
      const org = this.#org(record.org);
      org.records.set(record.rid, record);
      org.rid = Math.max(org.rid, record.rid);
    }
    for (const change of batch.changes) {
      const org = this.#org(change.org);
      org.changes.push(change);
      org.version = Math.max(org.version, change.version);
    }
    for (const row of batch.transitions) this.#org(row.org).transitions.push(row);
    for (const row of batch.samples) this.#sample(row);
    for (const { value, ...row } of batch.documents) {
      const key = JSON.stringify([row.kind, row.org, row.id]);
      if (value === null) this.#documents.delete(key);
      else this.#documents.set(key, { row, text: JSON.stringify(value) });
    }
    this.#history.markStale(batch.stale);
    this.#audits.add(batch.audits);
  }

  /** Nothing lies on a disk. */
  async parts(): Promise<readonly StorePart[]> {
    this.#assertOpen();
    return [];
  }

  async changesSince(q: { org: string; version: number; limit: number }): Promise<readonly ChangeRow[]> {
    this.#assertOpen();
    return (this.#orgs.get(q.org)?.changes ?? []).filter((row) => row.version > q.version).slice(0, q.limit);
  }

  async transitions(q: HistoryQuery): Promise<readonly TransitionRow[]> {
    this.#assertOpen();
    const rows = (this.#orgs.get(q.org)?.transitions ?? []).filter((row) => isIn(row, q));
    return newestFirst(rows).slice(0, q.limit);
  }

  async transitionsFrom(q: HistoryQuery): Promise<readonly TransitionRow[]> {
    this.#assertOpen();
    const rows = (this.#orgs.get(q.org)?.transitions ?? []).filter((row) => isIn(row, q));
    return rows.sort((a, b) => a.at - b.at).slice(0, q.limit);
  }

  async recentTransitions(q: { org: string; before: number; limit: number }): Promise<readonly TransitionRow[]> {
    this.#assertOpen();
    const rows = (this.#orgs.get(q.org)?.transitions ?? []).filter((row) => row.at < q.before);
    return newestFirst(rows).slice(0, q.limit);
  }

  async samples(q: HistoryQuery): Promise<readonly SampleRow[]> {
    this.#assertOpen();
    const rows = this.#orgs.get(q.org)?.samples.get(keyOf(q))?.values() ?? [];
    return [...rows]
      .filter((row) => isIn(row, q))
      .sort((a, b) => a.at - b.at)
      .slice(0, q.limit);
  }

  async document(kind: string, org: string, id: string): Promise<Json | null> {
    this.#assertOpen();
    const found = this.#documents.get(JSON.stringify([kind, org, id]));
    return found === undefined ? null : parse(found.text);
  }

  async documents(kind: string, org: string | null): Promise<readonly DocumentRow[]> {
    this.#assertOpen();
    const rows: DocumentRow[] = [];
    for (const { row, text } of this.#documents.values()) {
      if (row.kind === kind && (org === null || row.org === org)) rows.push({ ...row, value: parse(text) });
    }
    return rows.sort((a, b) => compare(a.org, b.org) || compare(a.id, b.id));
  }

  historyHead(): Promise<HistoryHead> {
    return this.#within((history) => history.historyHead());
  }

  putHistory(batch: HistoryBatch): Promise<void> {
    return this.#within((history) => history.putHistory(batch));
  }

  stale(limit: number): Promise<readonly StaleMark[]> {
    return this.#within((history) => history.stale(limit));
  }

  log(q: Parameters<HistoryStore['log']>[0]): ReturnType<HistoryStore['log']> {
    return this.#within((history) => history.log(q));
  }

  logOf(q: Parameters<HistoryStore['logOf']>[0]): Promise<readonly LogRow[]> {
    return this.#within((history) => history.logOf(q));
  }

  measures(q: Parameters<HistoryStore['measures']>[0]): ReturnType<HistoryStore['measures']> {
    return this.#within((history) => history.measures(q));
  }

  rollups(q: Parameters<HistoryStore['rollups']>[0]): Promise<readonly RollupRow[]> {
    return this.#within((history) => history.rollups(q));
  }

  times(q: Parameters<HistoryStore['times']>[0]): ReturnType<HistoryStore['times']> {
    return this.#within((history) => history.times(q));
  }

  months(q: Parameters<HistoryStore['months']>[0]): Promise<readonly MonthRow[]> {
    return this.#within((history) => history.months(q));
  }

  recentSamples(q: Parameters<HistoryStore['recentSamples']>[0]): ReturnType<HistoryStore['recentSamples']> {
    return this.#within((history) => history.recentSamples(q));
  }

  async audits(q: AuditQuery): Promise<AuditPage> {
    this.#assertOpen();
    return this.#audits.page(q);
  }

  async auditHead(org: string): Promise<AuditHead | null> {
    this.#assertOpen();
    return this.#audits.heads.find((head) => head.org === org) ?? null;
  }

  async auditsBefore(org: string, at: number): ReturnType<Store['auditsBefore']> {
    this.#assertOpen();
    return this.#audits.before(org, at);
  }

  async sweepAudits(org: string, through: number): Promise<number> {
    this.#assertOpen();
    return this.#audits.sweep(org, through);
  }

  async forget(org: string): Promise<number> {
    this.#assertOpen();
    const { records, changes, transitions, samples } = this.#org(org);
    let gone = records.size + changes.length + transitions.length + samples.size + this.#history.forget(org);
    this.#orgs.delete(org);
    for (const [key, { row }] of this.#documents) if (row.org === org && this.#documents.delete(key)) gone += 1;
    return gone;
  }

  async sweep(now: number): Promise<number> {
    this.#assertOpen();
    let gone = this.#history.sweep(now, this.limits);
    for (const org of this.#orgs.values()) gone += sweepOrg(org, now, this.limits);
    for (const [key, { row }] of this.#documents) {
      if (row.expiresAt === null || row.expiresAt > now) continue;
      this.#documents.delete(key);
      gone += 1;
    }
    return gone;
  }

  async backup(): Promise<void> {
    throw new Error('a store in memory has no file to copy; start the server with a data directory');
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #sample(row: SampleRow): void {
    const { samples } = this.#org(row.org);
    let of = samples.get(keyOf(row));
    if (of === undefined) {
      of = new Map();
      samples.set(keyOf(row), of);
    }
    of.set(row.at, row);
  }

  #org(name: string): Org {
    let org = this.#orgs.get(name);
    if (org === undefined) {
      org = { version: 0, rid: 0, floor: 0, records: new Map(), changes: [], transitions: [], samples: new Map() };
      this.#orgs.set(name, org);
    }
    return org;
  }

  async #within<T>(work: (history: MemoryHistory) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return work(this.#history);
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new Error('the store is closed');
  }
}

interface Org {
  version: number;
  rid: number;
  floor: number;
  readonly records: Map<number, StoredRecord>;
  changes: ChangeRow[];
  transitions: TransitionRow[];
  /** By record, then by time: one sample per record and millisecond, the later one wins. */
  readonly samples: Map<string, Map<number, SampleRow>>;
}

function sweepOrg(org: Org, now: number, limits: Limits): number {
  let gone = 0;
  for (const [rid, record] of org.records) {
    if (record.text !== null || record.at > now - limits.tombstoneMs) continue;
    org.records.delete(rid);
    org.floor = Math.max(org.floor, record.version);
    gone += 1;
  }
  for (const of of org.samples.values()) {
    for (const at of of.keys()) if (at <= now - limits.samplesMs && of.delete(at)) gone += 1;
  }
  const changes = org.changes.filter(
    (row) => row.at > now - limits.changesMs && row.version > org.version - limits.changesVersionsMax,
  );
  const transitions = org.transitions.filter((row) => row.recordedAt > now - limits.transitionsMs);
  gone += org.changes.length - changes.length + org.transitions.length - transitions.length;
  org.changes = changes;
  org.transitions = transitions;
  return gone;
}

function isIn(row: { collection: string; id: string; at: number }, q: HistoryQuery): boolean {
  return row.collection === q.collection && row.id === q.id && row.at >= q.from && row.at < q.to;
}

/** Of two at the same time, the one stored later comes first. */
function newestFirst(rows: readonly TransitionRow[]): TransitionRow[] {
  return rows.toReversed().sort((a, b) => b.at - a.at);
}

function keyOf(of: { collection: string; id: string }): string {
  return JSON.stringify([of.collection, of.id]);
}

function parse(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
