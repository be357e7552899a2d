/**
 * One record of many: what a bulk job does to it, and what would take that back. Which records, how far it is and how it
 * survives a crash is joints/bulk.ts.
 */
import type { Collection } from '@statewire/model';
import { equalJson as equal, ok, refuse, type Json, type JsonObject, type Result, type Row } from '@statewire/protocol';
import { z } from 'zod';
import type { Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import { secretsIn } from '../audit/entry.ts';
import type { MutationFailure } from './base.ts';
import { mutateIn, type CommandsDeps } from './command.ts';
import { verbOf } from './verbs/index.ts';

/** What is to be done to each record. */
export interface BulkOp {
  readonly collection: string;
  /** `change`, `label`, `delete`, or a command of the collection. */
  readonly op: string;
  readonly fields: JsonObject;
}

/** Who wants what done to which records. */
export interface BulkWish extends BulkOp {
  readonly ids?: readonly string[] | undefined;
  /** A filter; what passes it when the job begins is what the job is about. */
  readonly where?: Json | undefined;
}

/** What takes one record back to what it was. */
export interface Undo {
  readonly id: string;
  /** The fields that were moved, as the job left them: who changed one since is not overwritten. */
  readonly left: JsonObject;
  readonly back:
    | { readonly do: 'patch'; readonly fields: JsonObject }
    | { readonly do: 'call'; readonly name: string; readonly args: JsonObject }
    | { readonly do: 'create'; readonly fields: JsonObject };
}

const labelFields = z.strictObject({
  set: z.record(z.string().min(1).max(128), z.string().max(128)).default({}),
  unset: z.array(z.string().min(1).max(128)).max(32).default([]),
});

/** Is it something that can be done to many records at all? */
export function flawOfBulk(collection: Collection, { op, fields }: Pick<BulkOp, 'fields' | 'op'>): Result<null> {
  if (op === 'label') {
    const read = labelFields.safeParse(fields);
    return read.success ? ok(null) : refuse('bad_field', `fields: expected {"set": {...}, "unset": [...]}`);
  }
  const verb = verbOf(collection, op);
  const [secret] = [
    ...secretsIn(collection, fields),
    ...(verb === null ? [] : secretsIn(collection, fields, verb.args)),
  ];
  // A plan is kept, shown as the goal of its job, and told to the audit log.
  if (secret !== undefined) return refuse('bad_field', `fields.${secret}: a secret is set on one record at a time`);
  if (op === 'change' && Object.keys(fields).length === 0) {
    return refuse('bad_field', `fields: found none, expected the fields of ${collection.name} that change`);
  }
  return ok(null);
}

/** Does it to one record. The value takes it back, or is null where nothing moved or nothing can be taken back. */
export function bulkOne(
  deps: CommandsDeps,
  draft: Draft,
  principal: Principal,
  { collection, op, fields, id }: BulkOp & { readonly id: string },
): Result<Undo | null, MutationFailure> {
  const before = draft.get(collection, id);
  if (op === 'delete') {
    const gone = mutateIn(deps, draft, principal, { collection, id, op: 'del' });
    if (!gone.ok) return gone;
    return ok(before === null ? null : undoOfDelete(deps, collection, before));
  }
  if (op === 'change' || op === 'label') {
    const wanted = op === 'label' ? { labels: labelled(before, fields) } : fields;
    const changed = mutateIn(deps, draft, principal, { collection, id, op: 'patch', fields: wanted });
    return changed.ok ? ok(undoOfChange(before, draft.get(collection, id), Object.keys(wanted))) : changed;
  }
  const called = mutateIn(deps, draft, principal, { collection, id, op: 'call', name: op, fields });
  return called.ok ? ok(undoOfCall(op, before, draft.get(collection, id))) : called;
}

/** Takes one record back. What somebody changed since stays as it is, and is said. */
export function undoOne(
  deps: CommandsDeps,
  draft: Draft,
  principal: Principal,
  { collection, undo }: { readonly collection: string; readonly undo: Undo },
): Result<null, MutationFailure> {
  const { id, left, back } = undo;
  const row = draft.get(collection, id);
  if (back.do === 'create') {
    if (row !== null) return refuse('exists', `there is a ${collection}/${id} again; it stays`);
    const made = mutateIn(deps, draft, principal, { collection, id, op: 'create', fields: back.fields });
    return made.ok ? ok(null) : made;
  }
  if (row === null) return refuse('not_found', `${collection}/${id} was deleted since`);
  const moved = Object.keys(left).filter((field) => !equal(valueAt(row, field), left[field] ?? null));
  if (moved.length > 0) return refuse('conflict', `${moved.join(', ')} changed since; it stays`);
  const done =
    back.do === 'patch'
      ? mutateIn(deps, draft, principal, { collection, id, op: 'patch', fields: back.fields })
      : mutateIn(deps, draft, principal, { collection, id, op: 'call', name: back.name, fields: back.args });
  return done.ok ? ok(null) : done;
}

function labelled(row: Row | null, fields: JsonObject): JsonObject {
  const { set, unset } = labelFields.parse(fields);
  const before = row?.['labels'];
  const labels: Record<string, Json> = { ...(isObject(before) ? before : {}), ...set };
  for (const key of unset) delete labels[key];
  return labels;
}

function undoOfChange(before: Row | null, after: Row | null, touched: readonly string[]): Undo | null {
  if (before === null || after === null) return null;
  const moved = touched.filter((field) => field in before && !equal(before[field] ?? null, after[field] ?? null));
  if (moved.length === 0) return null;
  return { id: after.id, left: pick(after, moved), back: { do: 'patch', fields: pick(before, moved) } };
}

/** Records that are all that they are: nothing else went with them, and what they were makes them again. */
const REMADE: ReadonlySet<string> = new Set(['customers', 'users']);

function undoOfDelete(deps: CommandsDeps, collection: string, before: Row): Undo | null {
  if (!REMADE.has(collection)) return null;
  const own = deps.collectionOf?.(collection)?.owns.api ?? [];
  return { id: before.id, left: {}, back: { do: 'create', fields: pick(before, own) } };
}

function undoOfCall(name: string, before: Row | null, after: Row | null): Undo | null {
  if (before === null || after === null) return null;
  const way = BACK[name];
  if (way === undefined || way.fields.every((field) => equal(valueAt(before, field), valueAt(after, field))))
    return null;
  const back = way.of(before);
  return back === null ? null : { id: after.id, left: pick(after, way.fields), back: { do: 'call', ...back } };
}

interface Call {
  readonly name: string;
  readonly args: JsonObject;
}

const PAUSE: Call = { name: 'pause', args: {} };
const RESUME: Call = { name: 'resume', args: {} };

/** Commands that another command takes back, and the fields that say whether it still holds. */
const BACK: Readonly<
  Record<string, { readonly fields: readonly string[]; readonly of: (before: Row) => Call | null }>
> = {
  pause: { fields: ['desired'], of: ({ desired }) => (desired === 'active' ? RESUME : null) },
  resume: { fields: ['desired'], of: ({ desired }) => (desired === 'paused' ? PAUSE : null) },
  // From here nothing leads back to a pause but through work, which nobody asked for.
  retire: { fields: ['desired'], of: ({ desired }) => (desired === 'active' ? RESUME : null) },
  maintenance: {
    fields: ['overlay.maintenance'],
    of: (before) => (valueAt(before, 'overlay.maintenance') === null ? RESUME : null),
  },
  mute: { fields: ['overlay.muted', 'mutedUntil'], of: (before) => muteOf(before) ?? { name: 'unmute', args: {} } },
  unmute: { fields: ['overlay.muted', 'mutedUntil'], of: muteOf },
  ack: { fields: ['ackedAt'], of: ({ ackedAt }) => (ackedAt === null ? { name: 'unack', args: {} } : null) },
  snooze: { fields: ['snoozedUntil'], of: (before) => snoozeOf(before) ?? { name: 'unsnooze', args: {} } },
  unsnooze: { fields: ['snoozedUntil'], of: snoozeOf },
  assign: {
    fields: ['assignee'],
    of: ({ assignee }) => ({ name: 'assign', args: { to: typeof assignee === 'string' ? assignee : null } }),
  },
};

/** What makes it as quiet again as it was; null where it was not. */
function muteOf(before: Row): Call | null {
  if (valueAt(before, 'overlay.muted') !== true) return null;
  const { mutedUntil } = before;
  return { name: 'mute', args: typeof mutedUntil === 'number' ? { until: mutedUntil } : {} };
}

function snoozeOf({ snoozedUntil }: Row): Call | null {
  return typeof snoozedUntil === 'number' ? { name: 'snooze', args: { until: snoozedUntil } } : null;
}

function pick(row: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.map((field) => [field, valueAt(row, field)]));
}

/** A field, or one of an object that a field holds: `overlay.muted`. */
function valueAt(row: JsonObject, path: string): Json {
  const [field = '', inner] = path.split('.', 2);
  const value = row[path] ?? row[field];
  if (inner === undefined || path in row) return value ?? null;
  return isObject(value) ? (value[inner] ?? null) : null;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
