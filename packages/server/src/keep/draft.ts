import {
  assert,
  diffRow,
  isRecordId,
  refuse,
  type Failure,
  type Json,
  type JsonObject,
  type Patch,
  type Result,
  type Row,
} from '@statewire/protocol';
import { collectionOf } from '@statewire/model';
import type { AuditEntry } from './audit.ts';
import type { Draft } from './commit-types.ts';
import type { SampleRow, TransitionRow } from './store.ts';

/** What a transaction starts from: everything committed or queued before it. */
export interface Base {
  readonly version: number;
  get(collection: string, id: string): Row | null;
  all(collection: string): Map<string, Row>;
  fieldVersion(collection: string, id: string, fields: readonly string[]): number;
}

/** A record as the transaction found it and as it left it. */
export interface Touched {
  readonly collection: string;
  readonly id: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

/** A document as the draft takes it. */
export interface DraftDocument {
  readonly kind: string;
  readonly id: string;
  readonly value: Json | null | ((version: number) => Json);
  readonly expiresAt: number | null;
}

/** One transaction at work. Lives for one synchronous call; used later it throws. */
export class TransactionDraft implements Draft {
  readonly org: string;
  readonly now: number;
  readonly transitions: Omit<TransitionRow, 'org' | 'recordedAt'>[] = [];
  readonly samples: Omit<SampleRow, 'org'>[] = [];
  readonly documents: DraftDocument[] = [];
  readonly audits: AuditEntry[] = [];
  readonly #base: Base;
  readonly #touched = new Map<string, Map<string, Work>>();
  #failure: Failure | null = null;
  #isOpen = true;
  /** What `attempt` would have to put back. */
  #tried: Tried | null = null;

  constructor(base: Base, run: { readonly org: string; readonly now: number }) {
    this.#base = base;
    this.org = run.org;
    this.now = run.now;
  }

  /** Runs the transaction and closes the draft. A refused write refuses the whole, whatever the transaction returns. */
  through<T>(tx: (draft: Draft) => Result<T>): Result<T> {
    try {
      const outcome = tx(this);
      return this.#failure === null ? outcome : { ok: false, ...this.#failure };
    } finally {
      this.#isOpen = false;
    }
  }

  attempt<T, F extends Failure>(tx: () => Result<T, F>): Result<T, F | Failure> {
    assert(this.#tried === null, 'an attempt inside an attempt');
    const lists: readonly unknown[][] = [this.transitions, this.samples, this.documents, this.audits];
    const lengths = lists.map(({ length }) => length);
    const before = this.#failure;
    this.#tried = { made: [], moved: new Map() };
    try {
      const outcome = tx();
      const refused = this.#failure !== before ? this.#failure : null;
      if (outcome.ok && refused === null) return outcome;
      this.#takeBack(this.#tried);
      for (const [i, list] of lists.entries()) list.length = lengths[i] ?? 0;
      this.#failure = before;
      return refused === null ? outcome : { ok: false, ...refused };
    } finally {
      this.#tried = null;
    }
  }

  *touched(): Generator<Touched & { readonly patch: Patch | null | undefined }> {
    for (const of of this.#touched.values()) yield* of.values();
  }

  get(collection: string, id: string): Row | null {
    this.#assertOpen();
    const work = this.#touched.get(collection)?.get(id);
    return work === undefined ? this.#base.get(collection, id) : work.after;
  }

  all(collection: string): Iterable<Row> {
    this.#assertOpen();
    const rows = this.#base.all(collection);
    for (const work of this.#touched.get(collection)?.values() ?? []) {
      if (work.after === null) rows.delete(work.id);
      else rows.set(work.id, work.after);
    }
    return rows.values();
  }

  fieldVersion(collection: string, id: string, fields: readonly string[]): number {
    this.#assertOpen();
    return this.#base.fieldVersion(collection, id, fields);
  }

  put(collection: string, id: string, fields: JsonObject): void {
    this.#assertOpen();
    if (!isRecordId(id)) {
      this.#failure ??= refuse(
        'bad_field',
        `id: found ${JSON.stringify(id.slice(0, 64))}, expected 1 to 128 of A-Z a-z 0-9 . _ : @ -`,
      );
      return;
    }
    const work = this.#work(collection, id);
    const was = work.after;
    const stamps =
      was === null
        ? { createdAt: this.now, updatedAt: this.now }
        : { createdAt: was['createdAt'] ?? this.now, updatedAt: was['updatedAt'] ?? this.now };
    const next = rowOf({ org: this.org, id, version: this.#base.version + 1, ...stamps }, fields, was, collection);
    if (was === null) {
      work.after = next;
      work.patch = undefined;
      return;
    }
    const patch = diffRow(was, next);
    if (patch === null) return;
    const isMoved = next.updatedAt !== this.now;
    next.updatedAt = this.now;
    work.after = next;
    // The usual case, one put of one record, has its patch already.
    work.patch = was === work.before ? (isMoved ? { ...patch, updatedAt: this.now } : patch) : undefined;
  }

  delete(collection: string, id: string): void {
    this.#assertOpen();
    const work = this.#work(collection, id);
    work.after = null;
    work.patch = undefined;
  }

  transition(row: Omit<TransitionRow, 'org' | 'recordedAt'>): void {
    this.#assertOpen();
    assertTime(row.at);
    this.transitions.push(row);
  }

  sample(row: Omit<SampleRow, 'org'>): void {
    this.#assertOpen();
    assertTime(row.at);
    assert(row.ms === null || Number.isFinite(row.ms), 'a sample measures a finite number of milliseconds');
    this.samples.push(row);
  }

  document(kind: string, id: string, value: DraftDocument['value'], expiresAt: number | null = null): void {
    this.#assertOpen();
    if (expiresAt !== null) assertTime(expiresAt);
    this.documents.push({ kind, id, value, expiresAt });
  }

  audit(entry: AuditEntry): void {
    this.#assertOpen();
    this.audits.push(entry);
  }

  #work(collection: string, id: string): Work {
    let of = this.#touched.get(collection);
    if (of === undefined) {
      of = new Map();
      this.#touched.set(collection, of);
    }
    let work = of.get(id);
    if (work === undefined) {
      const before = this.#base.get(collection, id);
      work = { collection, id, before, after: before, patch: null };
      of.set(id, work);
      this.#tried?.made.push(work);
    } else if (this.#tried !== null && !this.#tried.moved.has(work) && !this.#tried.made.includes(work)) {
      this.#tried.moved.set(work, { after: work.after, patch: work.patch });
    }
    return work;
  }

  #takeBack({ made, moved }: Tried): void {
    for (const { collection, id } of made) this.#touched.get(collection)?.delete(id);
    for (const [work, { after, patch }] of moved) {
      work.after = after;
      work.patch = patch;
    }
  }

  #assertOpen(): void {
    assert(this.#isOpen, 'a draft was used after its transaction; transactions are synchronous');
  }
}

/** From what the record was to what it is; null when that is the same, or when it was made or deleted. */
export function patchOf(touched: Touched & { readonly patch: Patch | null | undefined }): Patch | null {
  const { before, after, patch } = touched;
  if (patch !== undefined) return patch;
  return before === null || after === null ? null : realChange(before, after);
}

/** Two puts that cancel each other out moved `updatedAt` and nothing else. */
function realChange(before: Row, after: Row): Patch | null {
  const patch = diffRow(before, after);
  return patch === null || Object.keys(patch).every((path) => path === 'updatedAt') ? null : patch;
}

/** Records that an attempt was the first to touch, and what the others were before it. */
interface Tried {
  readonly made: Work[];
  readonly moved: Map<Work, Pick<Work, 'after' | 'patch'>>;
}

interface Work {
  readonly collection: string;
  readonly id: string;
  readonly before: Row | null;
  after: Row | null;
  /** The patch from before to after; undefined when it has to be worked out at the end. */
  patch: Patch | null | undefined;
}

/** A row nobody else has seen yet. */
interface FreshRow extends Record<string, Json> {
  id: string;
  org: string;
  version: number;
  updatedAt: Json;
}

interface Stamps {
  readonly org: string;
  readonly id: string;
  readonly version: number;
  readonly createdAt: Json;
  readonly updatedAt: Json;
}

/** A whole row, always with the same fields in the same order: those of the model, then those it had, then what is new. */
function rowOf(stamps: Stamps, fields: JsonObject, was: Row | null, collection: string): FreshRow {
  const row: FreshRow = {
    id: stamps.id,
    org: stamps.org,
    version: stamps.version,
    createdAt: stamps.createdAt,
    updatedAt: stamps.updatedAt,
  };
  const names = was === null ? (collectionOf(collection)?.fields ?? []) : Object.keys(was);
  for (const name of names) if (!Object.hasOwn(row, name)) row[name] = valueOf(fields, name);
  for (const name of Object.keys(fields)) if (!Object.hasOwn(row, name)) row[name] = valueOf(fields, name);
  return row;
}

// The store takes whole batches: a row it must refuse would take everybody else's with it.
function assertTime(at: number): void {
  assert(Number.isSafeInteger(at), `time ${at}: expected whole epoch milliseconds`);
}

function valueOf(fields: JsonObject, name: string): Json {
  assert(name !== '__proto__' && !name.includes('.'), `"${name}" cannot be the name of a field`);
  const value = Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;
  assert(
    typeof value !== 'number' || Number.isFinite(value),
    `field ${name} is not a finite number; JSON cannot carry it`,
  );
  return value;
}
