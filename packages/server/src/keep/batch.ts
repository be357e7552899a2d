/**
 * A batch of transactions on its way to the store: what they did, on top of what is live. Later transactions of the
 * batch see what earlier ones did; nobody else sees anything until the store has it. A batch that fails is thrown
 * away, and with it every version and rid it would have given out.
 */
import { ok, refuse, type JsonObject, type Patch, type Result, type Row } from '@statewire/protocol';
import type { Limits } from '../lib/limits.ts';
import { actorText, auditRow, type Actor, type AuditHead, type AuditRow } from './audit.ts';
import type { Change, Committed, Draft, Written } from './commit-types.ts';
import { patchOf, TransactionDraft, type Base, type Touched } from './draft.ts';
import { newestOf, touches } from './field-version.ts';
import type { Live } from './live.ts';
import type { StaleRow } from './history-store.ts';
import { rowText } from './row-text.ts';
import { staleByAnnotation, staleBySample, staleByTransition } from './stale.ts';
import type { ChangeRow, CommitBatch, DocumentRow, SampleRow, StoredRecord, TransitionRow } from './store.ts';

export interface BatchDeps {
  readonly live: Live;
  readonly limits: Limits;
  /** Where the chain of an organization ended before this batch. */
  readonly auditHead: (org: string) => AuditHead;
  /** This organization is over: its audit log goes on, what is left may go, and nothing new is taken. */
  readonly isOver?: ((org: string) => boolean) | undefined;
}

/** Who runs a transaction, on what, when. */
export interface Run {
  readonly org: string;
  readonly actor: Actor;
  readonly now: number;
}

/** One transaction of the batch that changed records, with the texts of its rows. */
export interface Made {
  readonly committed: Committed;
  readonly texts: readonly (string | null)[];
}

export class Batch {
  readonly #deps: BatchDeps;
  readonly #orgs = new Map<string, Overlay>();
  readonly #made: Made[] = [];
  readonly #changes: ChangeRow[] = [];
  readonly #transitions: TransitionRow[] = [];
  readonly #samples: SampleRow[] = [];
  readonly #documents: DocumentRow[] = [];
  readonly #stale: StaleRow[] = [];
  readonly #audits: AuditRow[] = [];
  readonly #heads = new Map<string, AuditHead>();
  #bytes = 0;

  constructor(deps: BatchDeps) {
    this.#deps = deps;
  }

  /** Transactions that changed records, in order. */
  get made(): readonly Made[] {
    return this.#made;
  }

  /** Size of the rows written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Is there anything for the store to write? */
  get isEmpty(): boolean {
    const rows = this.#changes.length + this.#transitions.length + this.#samples.length + this.#documents.length;
    return rows + this.#audits.length === 0;
  }

  /** Where the chains end that this batch goes on with. */
  get auditHeads(): Iterable<AuditHead> {
    return this.#heads.values();
  }

  /** Runs one transaction. What it returns is true only once the batch is durable. Throws what the transaction throws. */
  run<T>(run: Run, tx: (draft: Draft) => Result<T>): Result<Written<T>> {
    const overlay = this.#overlay(run.org);
    const draft = new TransactionDraft(overlay, run);
    const outcome = draft.through(tx);
    if (!outcome.ok) return outcome;
    const changes = this.#changesOf(draft, overlay);
    if (!changes.ok) return changes;
    if (this.#deps.isOver?.(run.org) === true) {
      const { documents, transitions, samples } = draft;
      const isMade = changes.value.some(({ after }) => after !== null) || documents.some(({ value }) => value !== null);
      if (isMade || transitions.length + samples.length > 0)
        return refuse('gone', `the organization ${run.org} was deleted; nothing was written`);
    }
    const version = changes.value.length === 0 ? overlay.version : overlay.version + 1;
    this.#keep(draft, overlay, { run, version, changes: changes.value });
    return ok({ version, value: outcome.value });
  }

  /** Everything of the batch in the store's terms. A record that changed more than once is written once. */
  stored(): CommitBatch {
    const records: StoredRecord[] = [];
    for (const overlay of this.#orgs.values()) records.push(...overlay.written.values());
    return {
      records,
      changes: this.#changes,
      transitions: this.#transitions,
      samples: this.#samples,
      documents: this.#documents,
      stale: this.#stale,
      audits: this.#audits,
    };
  }

  /** What a transaction did, record by record, or why it may not. */
  #changesOf(draft: TransactionDraft, overlay: Overlay): Result<readonly Written1[]> {
    const { recordBytesMax, recordsPerOrgMax } = this.#deps.limits;
    const changes: Written1[] = [];
    let { rid, count } = overlay;
    for (const touched of draft.touched()) {
      const { collection, id, before, after } = touched;
      const patch = patchOf(touched);
      if (patch === null && before !== null && after !== null) continue;
      if (before === null && after === null) continue;
      const text = after === null ? null : rowText(after);
      if (text !== null && text.length > recordBytesMax) {
        return refuse(
          'too_large',
          `${collection}/${id} would have ${text.length} bytes, a record has at most ${recordBytesMax}; nothing was written`,
        );
      }
      if (before === null) count += 1;
      if (after === null) count -= 1;
      changes.push({
        collection,
        id,
        before,
        after,
        patch,
        text,
        rid: before === null ? ++rid : overlay.ridOf(collection, id),
      });
    }
    if (count > recordsPerOrgMax && count > overlay.count) {
      return refuse(
        'too_many_records',
        `the organization would have ${count} records, it may have ${recordsPerOrgMax}; delete some first`,
      );
    }
    return ok(changes);
  }

  #keep(
    draft: TransactionDraft,
    overlay: Overlay,
    done: { run: Run; version: number; changes: readonly Written1[] },
  ): void {
    const { run, version, changes } = done;
    const { org, now: at } = run;
    const actor = actorText(run.actor);
    const committed: Change[] = [];
    for (const { collection, id, rid, before, after, patch, text } of changes) {
      const isUpdate = before !== null && after !== null;
      committed.push({ org, collection, id, rid, version, at, before, after, patch: isUpdate ? patch : null, actor });
      this.#changes.push({
        org,
        version,
        collection,
        id,
        op: after === null ? 'del' : isUpdate ? 'patch' : 'put',
        // The log alone must be able to say what a new record was.
        patch: after === null ? null : isUpdate ? patch : fieldsOf(after),
        actor,
        at,
      });
      overlay.take({ collection, id, rid, before, after, version, patch: isUpdate ? patch : null });
      overlay.written.set(rid, { org, collection, id, rid, version, at, text });
      this.#bytes += text?.length ?? 0;
    }
    const transitions = draft.transitions.map((row) => ({ ...row, org, recordedAt: at }));
    this.#transitions.push(...transitions);
    const samples = draft.samples.map((sample) => ({ ...sample, org }));
    this.#samples.push(...samples);
    this.#markStale(org, at, { transitions, samples, changes });
    for (const { value, ...row } of draft.documents) {
      this.#documents.push({ ...row, org, value: typeof value === 'function' ? value(version) : value });
    }
    this.#audit(draft, run, version);
    if (changes.length === 0) return;
    overlay.version = version;
    this.#made.push({
      committed: { org, version, at, changes: committed, transitions, samples },
      texts: changes.map((change) => change.text),
    });
  }

  /** Puts what the transaction says of itself at the end of the organization's chain. */
  #audit(draft: TransactionDraft, { org, actor, now: at }: Run, version: number): void {
    for (const entry of draft.audits) {
      const head = this.#heads.get(org) ?? this.#deps.auditHead(org);
      const row = auditRow(entry, { head, at, version, actor });
      this.#audits.push(row);
      this.#heads.set(org, { org, seq: row.seq, hash: row.hash });
      this.#bytes += (row.before?.length ?? 0) + (row.after?.length ?? 0);
    }
  }

  /** Marks the buckets of history that this transaction reaches back into. */
  #markStale(
    org: string,
    now: number,
    did: {
      readonly transitions: readonly TransitionRow[];
      readonly samples: readonly SampleRow[];
      readonly changes: readonly Written1[];
    },
  ): void {
    const marks = [
      ...did.transitions.map(staleByTransition),
      ...did.samples.map((sample) => staleBySample(sample, now)),
      ...did.changes
        .filter(({ collection }) => collection === 'annotations')
        .flatMap(({ before, after }) => [before, after].map((row) => staleByAnnotation(org, row, now))),
    ];
    for (const mark of marks) if (mark !== null) this.#stale.push(mark);
  }

  #overlay(org: string): Overlay {
    let overlay = this.#orgs.get(org);
    if (overlay === undefined) {
      overlay = new Overlay(this.#deps.live, org);
      this.#orgs.set(org, overlay);
    }
    return overlay;
  }
}

interface Written1 extends Touched {
  readonly patch: Patch | null;
  readonly text: string | null;
  readonly rid: number;
}

/** One organization as the next transaction of the batch finds it. */
class Overlay implements Base {
  readonly written = new Map<number, StoredRecord>();
  readonly #live: Live;
  readonly #org: string;
  readonly #collections = new Map<string, Map<string, Pending>>();
  version: number;
  rid: number;
  count: number;

  constructor(live: Live, org: string) {
    this.#live = live;
    this.#org = org;
    this.version = live.version(org);
    this.rid = live.rid(org);
    this.count = live.count(org);
  }

  get(collection: string, id: string): Row | null {
    const pending = this.#collections.get(collection)?.get(id);
    return pending === undefined ? (this.#live.get(this.#org, collection, id)?.row ?? null) : pending.row;
  }

  all(collection: string): Map<string, Row> {
    const rows = new Map<string, Row>();
    for (const entry of this.#live.entries(this.#org, collection)) rows.set(entry.id, entry.row);
    for (const [id, pending] of this.#collections.get(collection) ?? []) {
      if (pending.row === null) rows.delete(id);
      else rows.set(id, pending.row);
    }
    return rows;
  }

  fieldVersion(collection: string, id: string, fields: readonly string[]): number {
    const pending = this.#collections.get(collection)?.get(id);
    if (pending !== undefined) {
      if (pending.row === null) return 0;
      const patched = pending.patches.findLast(({ patch }) => touches(patch, fields));
      if (patched !== undefined) return patched.version;
      if (pending.madeAt !== null) return fields.length === 0 ? 0 : pending.madeAt;
    }
    const entry = this.#live.get(this.#org, collection, id);
    return entry === null ? 0 : newestOf(entry.fieldVersions, entry.baseVersion, fields);
  }

  ridOf(collection: string, id: string): number {
    const rid = this.#collections.get(collection)?.get(id)?.rid ?? this.#live.get(this.#org, collection, id)?.rid;
    if (rid === undefined) throw new Error(`invariant broken: ${collection}/${id} has no rid`);
    return rid;
  }

  take(done: Taken): void {
    const { collection, id, rid, before, after, version, patch } = done;
    let of = this.#collections.get(collection);
    if (of === undefined) {
      of = new Map();
      this.#collections.set(collection, of);
    }
    if (before === null) {
      of.set(id, { rid, row: after, madeAt: version, patches: [] });
      this.rid = rid;
      this.count += 1;
      return;
    }
    const pending = of.get(id) ?? { rid, row: before, madeAt: null, patches: [] };
    of.set(id, pending);
    pending.row = after;
    if (after === null) this.count -= 1;
    if (patch !== null) pending.patches.push({ patch, version });
  }
}

interface Taken extends Touched {
  readonly rid: number;
  readonly version: number;
  readonly patch: Patch | null;
}

/** A record the batch changed. */
interface Pending {
  readonly rid: number;
  row: Row | null;
  /** The version that made the record, if it is of this batch. */
  readonly madeAt: number | null;
  readonly patches: { readonly patch: Patch; readonly version: number }[];
}

function fieldsOf(row: Row): JsonObject {
  const { id: _id, org: _org, version: _version, ...fields } = row;
  return fields;
}
