/**
 * Create, change and delete of plain records: those whose fields are what people said, not what was observed
 * (maintenances, rules, channels, pages, ...). A collection says what is particular about it in one entry of `plains`.
 */
import { explain, type Collection } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import type { WriteDeps } from '../reports/deps.ts';
import { idOfName, newId } from '../reports/new-id.ts';
import { takeFrom, type Base, type MutationFailure } from './base.ts';
import { customPlain } from './custom.ts';
import { plains } from './plains/index.ts';

/** Who writes, to what, with which fields; `fields` were read by the collection's own schema. */
export interface PlainCall {
  readonly principal: Principal;
  readonly id: string;
  readonly fields: JsonObject;
}

/** What is particular about the records of one plain collection. A refusal undoes the whole write. */
export interface Plain {
  /** Starts the ids the server makes: `mnt` gives `mnt_...`; a record with a name or title gets a readable id first. */
  readonly prefix: string;
  /**
   * The id of a new record, where the fields or the caller say it: the same thing is then made once, and who names another
   * id is refused. Default: of the name, or of chance.
   */
  readonly idOf?: ((fields: JsonObject, principal: Principal) => string) | undefined;
  /** `given`: callers name every id. `made`: the server makes every one, of chance alone. Default: either. */
  readonly ids?: 'either' | 'given' | 'made' | undefined;
  /** All fields of a new record. May write documents (secrets) and other records beside it. */
  readonly born: (deps: WriteDeps, draft: Draft, call: PlainCall) => Result<JsonObject, MutationFailure>;
  /** The record after a change. Default: each given field replaces what was there. */
  readonly patched?:
    | ((deps: WriteDeps, draft: Draft, call: PlainCall & { readonly row: Row }) => Result<JsonObject, MutationFailure>)
    | undefined;
  /** What else goes with a record that is deleted, or why it may not be. Runs before the record goes. */
  readonly removed?:
    | ((deps: WriteDeps, draft: Draft, call: Omit<PlainCall, 'fields'> & { readonly row: Row }) => Result<null>)
    | undefined;
}

/** A wish as it came in. */
export interface PlainWish {
  readonly collection: Collection;
  /** Empty: not given. */
  readonly id: string;
  readonly raw: JsonObject;
  readonly principal: Principal;
}

/** The entry of a collection, or null when its records are not written this way. */
export function plainOf(collection: Collection): Plain | null {
  if (collection.custom !== undefined) return customPlain(collection);
  return Object.hasOwn(plains, collection.name) ? (plains[collection.name] ?? null) : null;
}

/** Are its records made and changed by callers? */
export function isWritten(collection: Collection): boolean {
  return collection.kind === 'plain' ? plainOf(collection) !== null : collection.owns.api.length > 0;
}

/** Makes a record. The value is its id. */
export function createPlain(
  deps: WriteDeps,
  draft: Draft,
  plain: Plain,
  wish: PlainWish,
): Result<string, MutationFailure> {
  const { collection, raw, principal } = wish;
  const parsed = collection.create.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw));
  const { id: inner, ...fields } = jsonOf(parsed.data);
  const given = typeof inner === 'string' ? inner : wish.id;
  const own = plain.idOf?.(fields, principal);
  if (plain.ids === 'given' && given === '') {
    return refuse('bad_field', `id: found nothing, expected one: callers name the ids of ${collection.name}`);
  }
  if ((plain.ids === 'made' && given !== '') || (own !== undefined && given !== '' && given !== own)) {
    return refuse('bad_field', `id: ${collection.name} get their ids from the server; leave it out`);
  }
  const id = own ?? (given === '' ? freeId(deps, draft, collection.name, plain, fields) : given);
  if (draft.get(collection.name, id) !== null) {
    return refuse('exists', `there is a ${collection.name}/${id} already; change it, or take another id`);
  }
  const born = plain.born(deps, draft, { principal, id, fields });
  if (!born.ok) return born;
  draft.put(collection.name, id, { observedAt: null, labels: {}, source: null, ...born.value });
  return ok(id);
}

/** Changes a record. */
export function patchPlain(
  deps: WriteDeps,
  draft: Draft,
  plain: Plain,
  wish: PlainWish,
  seen: Base,
): Result<string, MutationFailure> {
  const { collection, id, raw, principal } = wish;
  const parsed = collection.patch.safeParse(raw);
  if (!parsed.success) return refuse('bad_field', explain(parsed.error, raw));
  const fields = jsonOf(parsed.data);
  const taken = takeFrom(draft, { collection: collection.name, id, touched: Object.keys(fields) }, seen);
  if (!taken.ok) return taken;
  const row = taken.value;
  const next = plain.patched?.(deps, draft, { principal, id, fields, row }) ?? ok({ ...row, ...fields });
  if (!next.ok) return next;
  draft.put(collection.name, id, next.value);
  return ok(id);
}

/** Deletes a record. */
export function deletePlain(
  deps: WriteDeps,
  draft: Draft,
  plain: Plain,
  wish: Omit<PlainWish, 'raw'>,
  seen: Base,
): Result<string, MutationFailure> {
  const { collection, id, principal } = wish;
  const taken = takeFrom(draft, { collection: collection.name, id, touched: [] }, seen);
  if (!taken.ok) return taken;
  const removed = plain.removed?.(deps, draft, { principal, id, row: taken.value }) ?? ok(null);
  if (!removed.ok) return removed;
  draft.delete(collection.name, id);
  return ok(id);
}

function freeId(
  deps: WriteDeps,
  draft: Draft,
  collection: string,
  { prefix, ids }: Pick<Plain, 'ids' | 'prefix'>,
  fields: JsonObject,
): string {
  const name = fields['name'] ?? fields['title'];
  // Of a name that is taken the id would say so, to somebody who may not know of the other record.
  const slug = typeof name === 'string' && ids !== 'made' ? idOfName(name) : null;
  if (slug === null) return newId(deps.clock, prefix);
  return draft.get(collection, slug) === null ? slug : newId(deps.clock, slug);
}

/** What a schema let through, without the fields nobody gave. */
function jsonOf(data: unknown): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: create and patch schemas are strict objects of JSON values.
  const entries = Object.entries(data as JsonObject);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
