/**
 * Two people change the same record: only a field that both touched is a conflict. A caller says which version it saw
 * (`base`); fields it does not touch may have moved since. A caller that wants nothing to have moved says so with
 * `ifVersion`.
 */
import { ok, refuse, type Failure, type Json, type JsonObject, type Result, type Row } from '@statewire/protocol';
import type { Draft } from '../../keep/commit-types.ts';

/** On a conflict: the record's version, its present values of the contested fields, and their names. */
export interface MutationFailure extends Failure {
  readonly version?: number | undefined;
  readonly current?: JsonObject | undefined;
  readonly fields?: readonly string[] | undefined;
}

export interface Base {
  readonly base?: number | undefined;
  readonly ifVersion?: number | undefined;
}

/** The record, if it still is what the caller saw in everything it wants to touch. */
export function takeFrom(
  draft: Draft,
  what: { readonly collection: string; readonly id: string; readonly touched: readonly string[] },
  seen: Base,
): Result<Row, MutationFailure> {
  const { collection, id, touched } = what;
  const row = draft.get(collection, id);
  if (row === null) return refuse('not_found', `there is no ${collection}/${id}`);
  if (seen.ifVersion !== undefined && row.version !== seen.ifVersion) {
    const message = `If-Match names version ${seen.ifVersion}, the record has ${row.version}; read it again`;
    return { ...refuse('precondition', message), version: row.version };
  }
  const { base } = seen;
  if (base === undefined) return ok(row);
  const fields = touched.filter((field) => draft.fieldVersion(collection, id, [field]) > base);
  if (fields.length === 0) return ok(row);
  const current: Record<string, Json> = {};
  for (const field of fields) current[field] = row[field] ?? null;
  const message = `${fields.join(', ')} changed after version ${base}; look at the present values and decide again`;
  return { ...refuse('conflict', message), version: row.version, current, fields };
}
