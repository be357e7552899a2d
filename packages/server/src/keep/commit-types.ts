import type { Failure, Json, JsonObject, Patch, Result, Row } from '@statewire/protocol';
import type { Actor, AuditEntry } from './audit.ts';
import type { SampleRow, TransitionRow } from './store.ts';

export type { Actor, AuditEntry } from './audit.ts';

/** One record as it was and as it is, at a committed version. */
export interface Change {
  readonly org: string;
  readonly collection: string;
  readonly id: string;
  readonly rid: number;
  readonly version: number;
  readonly at: number;
  readonly before: Row | null;
  readonly after: Row | null;
  /** Null when the record was created or deleted. */
  readonly patch: Patch | null;
  readonly actor: string;
}

/** One transaction, durable. All its changes share one version and are published together. */
export interface Committed {
  readonly org: string;
  readonly version: number;
  readonly at: number;
  readonly changes: readonly Change[];
  readonly transitions: readonly TransitionRow[];
  readonly samples: readonly SampleRow[];
}

/**
 * A transaction's view of one organization. Reads see this transaction's own writes and everything committed
 * or queued before it. Synchronous: no promise inside.
 */
export interface Draft {
  readonly org: string;
  readonly now: number;
  get(collection: string, id: string): Row | null;
  /** All live rows of a collection (use sparingly: roll-ups at boot, cascades). */
  all(collection: string): Iterable<Row>;
  /** For per-field conflict checks: the newest version at which one of these fields (`name`, `labels.env`) changed, or 0. */
  fieldVersion(collection: string, id: string, fields: readonly string[]): number;
  /**
   * Replaces all fields; one that is left out becomes null. `id`, `org`, `version`, `createdAt`, `updatedAt` are set
   * by the commit, whatever is given. A put equal to what is there changes nothing.
   */
  put(collection: string, id: string, fields: JsonObject): void;
  delete(collection: string, id: string): void;
  /** A part that may fail by itself: when it is refused, what it wrote is taken back and the rest of the transaction goes on. */
  attempt<T, F extends Failure>(tx: () => Result<T, F>): Result<T, F | Failure>;
  transition(row: Omit<TransitionRow, 'org' | 'recordedAt'>): void;
  sample(row: Omit<SampleRow, 'org'>): void;
  /** Null deletes it. A function gets the version that the transaction is answered with. */
  document(kind: string, id: string, value: Json | null | ((version: number) => Json), expiresAt?: number | null): void;
  /** One row of the audit log, durable with the rest of the transaction or not at all. */
  audit(entry: AuditEntry): void;
}

/** The answer to a write: the version that holds it, and what the transaction returned. */
export interface Written<T> {
  readonly version: number;
  readonly value: T;
}

/**
 * The one writer. `write` queues a transaction, runs it when the writer is idle (natural batching),
 * and resolves after the batch is durable and was handed to `onCommitted`. A transaction that returns a
 * failure changes nothing. Codes of its own failures: `overloaded` (queue full or too old), `unavailable` (store failed).
 * An actor that is a principal is named with its name and origin in the audit log; in the change log it is `kind:id`.
 */
export interface Commit {
  write<T>(org: string, actor: Actor, tx: (draft: Draft) => Result<T>): Promise<Result<Written<T>>>;
  readonly epoch: string;
  version(org: string): number;
  close(): Promise<void>;
}
