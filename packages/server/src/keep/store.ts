import type { Json, Patch } from '@statewire/protocol';
import type { AuditHead, AuditRow } from './audit.ts';
import type { HistoryStore, StaleRow } from './history-store.ts';

/** A record as stored: its row, or null when deleted (a tombstone, kept 7 days). */
export interface StoredRecord {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly version: number;
  readonly at: number;
  /** JSON text of the row without id, org, version; null for a tombstone. */
  readonly text: string | null;
}

/** One line of the change log: what one transaction did to one record. */
export interface ChangeRow {
  readonly org: string;
  readonly version: number;
  readonly collection: string;
  readonly id: string;
  readonly op: 'put' | 'patch' | 'del';
  /** All fields of a new record (`put`), what changed (`patch`), null (`del`). */
  readonly patch: Patch | null;
  readonly actor: string;
  readonly at: number;
}

/** One confirmed change of status or run state: the truth behind history and uptime. Never rewritten. */
export interface TransitionRow {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  /** Stamped with the first observation of the confirmed run, so it may lie before `recordedAt`. */
  readonly at: number;
  readonly recordedAt: number;
  readonly from: string;
  readonly to: string;
  readonly code: string;
  readonly text: string;
  /** Who or what caused it: probe, beat, report, deadline, command:<who>, boot. */
  readonly cause: string;
}

/** One raw observation, for charts. */
export interface SampleRow {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly at: number;
  /** Milliseconds, or null when nothing was measured. */
  readonly ms: number | null;
  /** `u` healthy, `g` degraded, `d` unhealthy, `x` unknown. */
  readonly v: string;
}

/** A private document: never a record, never published (API keys, inventories, check secrets, settings, idempotent results). */
export interface DocumentRow {
  readonly kind: string;
  readonly org: string;
  readonly id: string;
  /** Null deletes it. */
  readonly value: Json | null;
  /** Epoch ms after which it may be deleted, or null. */
  readonly expiresAt: number | null;
}

/** Everything one durable commit writes. All or nothing. */
export interface CommitBatch {
  readonly records: readonly StoredRecord[];
  readonly changes: readonly ChangeRow[];
  readonly transitions: readonly TransitionRow[];
  readonly samples: readonly SampleRow[];
  readonly documents: readonly DocumentRow[];
  /** Buckets of history that this batch makes out of date. */
  readonly stale: readonly StaleRow[];
  /** Rows of the audit log, in order; those of an organization go on where its chain ended. */
  readonly audits: readonly AuditRow[];
}

/** Kinds of rows of which a store tells the size. */
export type StorePartName =
  | 'records'
  | 'changes'
  | 'transitions'
  | 'samples'
  | 'rollups5m'
  | 'rollups1h'
  | 'rollups1d'
  | 'documents'
  | 'audits';

/** How much one kind of rows takes. */
export interface StorePart {
  readonly part: StorePartName;
  readonly rows: number;
  /** On disk, with its indexes. */
  readonly bytes: number;
  /** The time of its oldest row; null when there is none, and for what does not go with age. */
  readonly oldestAt: number | null;
}

/** What a store knows when it opens. */
export interface StoreHead {
  /** Random id of this version history; new at creation and at restore. */
  readonly epoch: string;
  /** Per organization: newest version, newest rid, and the oldest version whose tombstones are all still here. */
  readonly orgs: readonly {
    readonly org: string;
    readonly version: number;
    readonly rid: number;
    readonly floor: number;
  }[];
  /** Where the chain of each organization ends; none where nothing was ever audited. */
  readonly audits: readonly AuditHead[];
}

/** What to look for in the audit log. Absent: anything. */
export interface AuditQuery {
  readonly org: string;
  /** Rows before this one, newest first; or after it, oldest first. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
  /** Id or name of who acted. */
  readonly actor?: string | undefined;
  /** An action, or its beginning up to the colon: `services`. */
  readonly action?: string | undefined;
  readonly collection?: string | undefined;
  readonly id?: string | undefined;
  /** `ok`, a code, or `refused` for everything that is not `ok`. */
  readonly outcome?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** In any text of the row, whatever its case (of A to Z). */
  readonly text?: string | undefined;
}

/** A part of the audit log. A long search is answered in parts, some of them with fewer rows than asked for. */
export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /** The row behind which the search goes on, or null at its end. */
  readonly next: number | null;
}

export interface HistoryQuery {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/**
 * Where records live. One process owns a store. `org` is part of every key. Adapters: memory, sqlite;
 * all pass store.contract.ts. A method that rejects left nothing half-done.
 */
export interface Store extends HistoryStore {
  open(): Promise<StoreHead>;
  /** Every record and tombstone, in any order, in chunks; called once after open. */
  load(each: (rows: readonly StoredRecord[]) => void): Promise<void>;
  /** Resolves when the batch is durable. Called by keep/commit.ts only, one at a time. */
  commit(batch: CommitBatch): Promise<void>;
  /** Changes after a version, oldest first, at most `limit`. Versions are dense: a gap means that older ones were swept. */
  changesSince(q: {
    readonly org: string;
    readonly version: number;
    readonly limit: number;
  }): Promise<readonly ChangeRow[]>;
  /** Transitions of one record, newest first. */
  transitions(q: HistoryQuery): Promise<readonly TransitionRow[]>;
  /** The same, oldest first. */
  transitionsFrom(q: HistoryQuery): Promise<readonly TransitionRow[]>;
  /** Newest transitions of a whole organization, newest first (the activity feed). */
  recentTransitions(q: {
    readonly org: string;
    readonly before: number;
    readonly limit: number;
  }): Promise<readonly TransitionRow[]>;
  /** Raw samples of one record, oldest first. */
  samples(q: HistoryQuery): Promise<readonly SampleRow[]>;
  document(kind: string, org: string, id: string): Promise<Json | null>;
  documents(kind: string, org: string | null): Promise<readonly DocumentRow[]>;
  audits(q: AuditQuery): Promise<AuditPage>;
  /** Where a chain ends, by the store's own mark: rows that are gone from its end are missed by it. */
  auditHead(org: string): Promise<AuditHead | null>;
  /** The front of a chain that is older than a time: its last row, and how many rows it has beside anchors of earlier sweeps. */
  auditsBefore(org: string, at: number): Promise<{ readonly head: AuditHead; readonly rows: number } | null>;
  /**
   * Removes the rows up to `through`, in slices; returns how many. The one way a row ever goes, and only when the chain holds
   * the anchor that says so.
   */
  sweepAudits(org: string, through: number): Promise<number>;
  /**
   * Removes all of an organization but its audit log, in slices; returns how many rows went. Its versions are forgotten too:
   * whoever calls this never gives its name to another one.
   */
  forget(org: string): Promise<number>;
  /** Deletes what has passed its time, in slices; returns how many rows went. Moves `floor` when tombstones go. */
  sweep(now: number): Promise<number>;
  /** How much each kind of rows takes; nothing for a store without files. Reads the whole file, in a thread of its own. */
  parts(): Promise<readonly StorePart[]>;
  /** A consistent copy into a new file, while writing goes on. Stores without files reject. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}
