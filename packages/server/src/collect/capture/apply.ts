/**
 * Rows become records. What one call is given is one transaction: the records, their transitions, and how far the capture has come,
 * so that a kill at any instant leaves both or neither. A row that cannot be a record is counted and told, and stops nothing.
 */
import { settle, type AnyDefinition } from '@statewire/model';
import { ok, refuse, type Json, type JsonObject, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { WriteDeps } from '../reports/deps.ts';
import type { Newer } from './overlap.ts';
import { forget, report } from './report-row.ts';
import { idOf, itemOf, type RowItem } from './row-item.ts';
import type { Columns } from './pgoutput.ts';
import { REPORTED, type CapturePlan, type TablePlan } from './plan.ts';

/** What happened to a row. */
export type RowChange =
  /** It is there now. `old`: what is known of it before, where the database says it. */
  | {
      readonly kind: 'put';
      readonly plan: TablePlan;
      readonly row: Columns;
      readonly old: Columns | null;
      /** Of these something newer is known when it is written. */
      readonly unless?: Newer | undefined;
    }
  | { readonly kind: 'delete'; readonly plan: TablePlan; readonly old: Columns }
  /** The record of this id has no row any more. */
  | { readonly kind: 'drop'; readonly plan: TablePlan; readonly id: string; readonly unless?: Newer | undefined };

/** Rows that could not be records: how many, and why the last one could not. */
export interface Applied {
  readonly refused: number;
  readonly why: string | null;
}

export interface ApplyDeps extends WriteDeps {
  /** Our own collections among the targets, by name. */
  readonly definitions: ReadonlyMap<string, AnyDefinition>;
}

/** The kind of document that says how far a capture has come. */
export const CAPTURE_MARK = 'capture';

export class Applier {
  readonly #deps: ApplyDeps;
  readonly #plan: Pick<CapturePlan, 'id' | 'org'>;

  readonly #speakers = new Map<string, JsonObject>();

  constructor(deps: ApplyDeps, plan: Pick<CapturePlan, 'id' | 'org'>) {
    this.#deps = deps;
    this.#plan = plan;
  }

  /** Writes changes in their order, and then how far that is (null: nothing is said of it). */
  async apply(changes: readonly RowChange[], mark: JsonObject | null): Promise<Result<Applied>> {
    const { id, org } = this.#plan;
    const written = await this.#deps.commit.write(org, `capture:${id}`, (draft) => {
      let refused = 0;
      let why: string | null = null;
      for (const change of changes) {
        const done = draft.attempt(() => this.#apply(draft, change));
        if (done.ok) continue;
        refused += 1;
        why = done.message;
      }
      if (mark !== null) draft.document(CAPTURE_MARK, id, mark);
      return ok({ refused, why });
    });
    if (written.ok) return ok(written.value.value);
    if (IS_WHOLE.has(written.code)) return written;
    if (changes.length === 0) return written;
    // One row made all of it fail: it must not take the others with it.
    if (changes.length === 1) {
      const marked = await this.apply([], mark);
      return marked.ok ? ok({ refused: 1, why: written.message }) : marked;
    }
    const half = changes.length >> 1;
    const first = await this.apply(changes.slice(0, half), null);
    if (!first.ok) return first;
    const second = await this.apply(changes.slice(half), mark);
    if (!second.ok) return second;
    return ok({ refused: first.value.refused + second.value.refused, why: second.value.why ?? first.value.why });
  }

  /** One change, in a transaction of somebody else's. What it refuses is for the caller to take back. */
  within(draft: Draft, change: RowChange): Result<null> {
    return this.#apply(draft, change);
  }

  /** Who says what records of a table are: it stands in them, and tells them from those of others. */
  sourceOf({ table }: TablePlan): string {
    return `capture:${this.#plan.id}:${table}`;
  }

  #apply(draft: Draft, change: RowChange): Result<null> {
    const { plan } = change;
    if (change.kind === 'drop') {
      return change.unless?.has(change.id) === true ? ok(null) : this.#forget(draft, plan, change.id);
    }
    if (change.kind === 'delete') {
      const id = idOf(plan, change.old);
      return id.ok ? this.#forget(draft, plan, id.value) : id;
    }
    const { row, old, unless } = change;
    if (unless !== undefined) {
      const id = idOf(plan, row);
      if (id.ok && unless.has(id.value)) return ok(null);
    }
    const item = itemOf(plan, row);
    if (!item.ok) return item;
    const before = old === null ? ok(null) : idOf(plan, old);
    // A key that was not sent is a key that did not change.
    const was = before.ok ? before.value : null;
    if (item.value === null) {
      const id = idOf(plan, row);
      return id.ok ? this.#forget(draft, plan, was ?? id.value) : id;
    }
    const isMoved = was !== null && was !== item.value.id;
    const moved = isMoved ? draft.get(plan.collection, was) : null;
    const put = REPORTED.has(plan.collection)
      ? report(this.#deps, draft, { plan, item: whole(plan, item.value, moved), sourceId: this.sourceOf(plan) })
      : this.#putOwn(draft, plan, whole(plan, item.value, moved));
    if (!put.ok) return put;
    return isMoved ? this.#forget(draft, plan, was) : ok(null);
  }

  #putOwn(draft: Draft, plan: TablePlan, { id, fields }: RowItem): Result<null> {
    const { collection } = plan;
    const definition = this.#deps.definitions.get(collection);
    if (definition === undefined) return refuse('unknown_collection', `there is no collection ${collection}`);
    const was = draft.get(collection, id);
    const source = this.#speakerOf(plan);
    if (was !== null && says(was, { ...fields, source })) return ok(null);
    const settled = settle(definition, { was, given: fields, caller: null, now: draft.now });
    if (!settled.ok) return settled;
    const max = this.#deps.limits.customRecordBytesMax;
    const bytes = mayExceed(fields, max) ? JSON.stringify(settled.value).length : 0;
    if (bytes > max) {
      return refuse(
        'too_large',
        `${plan.table}: a row would be a record of ${bytes} characters, limit ${max}; take fewer columns`,
      );
    }
    draft.put(collection, id, { ...settled.value, source });
    return ok(null);
  }

  /** One object for all records of a table: there may be a million. */
  #speakerOf(plan: TablePlan): JsonObject {
    const known = this.#speakers.get(plan.table);
    if (known !== undefined) return known;
    const made = { kind: 'capture', id: this.sourceOf(plan), seq: null };
    this.#speakers.set(plan.table, made);
    return made;
  }

  #forget(draft: Draft, plan: TablePlan, id: string): Result<null> {
    return forget(draft, plan.collection, id, this.sourceOf(plan));
  }
}

/** Failures that are not of one row: to be tried again, or to be told. */
const IS_WHOLE: ReadonlySet<string> = new Set(['overloaded', 'unavailable', 'too_many_records']);

/** Does a record say all this already? */
function says(row: Row, fields: JsonObject): boolean {
  return Object.entries(fields).every(([field, value]) => same(row[field], value));
}

function same(a: Json | undefined, b: Json): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b);
}

/** Could these fields be more than so many characters of JSON? Saying it of each row costs more than making it a record. */
function mayExceed(fields: JsonObject, max: number): boolean {
  let most = FIELDS_BYTES;
  for (const value of Object.values(fields)) {
    if (typeof value === 'object' && value !== null) return true;
    // A character is at most six of JSON.
    most += typeof value === 'string' ? value.length * 6 : 32;
  }
  return most > max;
}

/** More than the fields of every record of ours and the names of those of a table. */
const FIELDS_BYTES = 20_000;

/** A row whose key changed takes with it what was not sent, because it is large and did not change. */
function whole(plan: TablePlan, item: RowItem, moved: Row | null): RowItem {
  if (moved === null) return item;
  const missing = Object.keys(plan.fields).filter((field) => !Object.hasOwn(item.fields, field));
  const kept = missing.flatMap((field) => {
    const value = moved[field];
    return value === undefined || value === null ? [] : [[field, value] as const];
  });
  return { ...item, fields: { ...Object.fromEntries(kept), ...item.fields } };
}
