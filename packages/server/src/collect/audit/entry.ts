/**
 * What the audit log is told of a write: which fields of which record were what and are what now. Rows hold no secrets, so
 * what is compared are rows; of a secret that the caller gave only its name is said.
 *
 * Not told: what programs report (it has its history), what a person does with what is theirs alone (reading their own
 * inbox, being somewhere), and values of records that only some may see.
 */
import { secretPaths, type Collection } from '@statewire/model';
import { equalJson, type Json, type JsonObject, type Row } from '@statewire/protocol';
import type { AuditEntry, Draft } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Verb } from '../commands/verb.ts';

/** A write as it is asked for. */
export interface Asked {
  readonly collection: string;
  readonly id: string;
  readonly op: 'call' | 'create' | 'del' | 'patch' | 'put';
  readonly name?: string | undefined;
  readonly fields?: JsonObject | undefined;
  readonly why?: string | undefined;
}

/** The record, and the one that says how it is checked. */
export interface Seen {
  readonly row: Row | null;
  readonly check: Row | null;
}

/** Does this belong in the log? */
export function isAudited(principal: Principal, { access }: Collection, { op }: Asked, verb: Verb | null): boolean {
  // Theirs alone: nobody else knows of such a record, whatever their role.
  if (access.own !== undefined) return false;
  if (verb !== null && typeof verb.action === 'object' && verb.action.call === 'read') return false;
  const isReport = op === 'put' || verb?.action === 'report';
  return !isReport || principal.kind === 'user';
}

/** `<collection>:<operation>`, as permissions are written. */
export function actionName({ collection, op, name = '' }: Asked): string {
  return `${collection.slice(0, 64)}:${op === 'call' ? name.slice(0, 64) : OPERATIONS[op]}`;
}

/** The record as the transaction sees it now. */
export function seenIn(draft: Draft, collection: string, id: string): Seen {
  if (id === '') return { row: null, check: null };
  return { row: draft.get(collection, id), check: collection === 'services' ? draft.get('checks', id) : null };
}

/** The row of the log for a write that was carried out. */
export function entryOf(
  collection: Collection,
  asked: Asked,
  id: string,
  was: Seen,
  is: Seen,
  verb: Verb | null,
): AuditEntry {
  const before: Record<string, Json> = {};
  const after: Record<string, Json> = {};
  compare(was.row, is.row, fieldsOf(collection, was.row === null || is.row === null), '', { before, after });
  compare(was.check, is.check, null, 'check.', { before, after });
  for (const path of secretsIn(collection, asked.fields ?? {}, verb?.args ?? null)) {
    after[path] = CHANGED;
  }
  if (isPartlySeen(collection)) {
    for (const fields of [before, after]) for (const name of Object.keys(fields)) fields[name] = CHANGED;
  }
  return {
    action: actionName(asked),
    target: { collection: collection.name, id },
    before: Object.keys(before).length === 0 ? null : before,
    after: Object.keys(after).length === 0 ? null : after,
    why: asked.why,
  };
}

/** The row of the log for a command that did more than a transaction can hold: what it was told, without secrets. */
export function outsideEntry(collection: Collection, asked: Asked, id: string, verb: Verb | null): AuditEntry {
  const after: Record<string, Json> = {};
  const isHidden = isPartlySeen(collection);
  for (const [name, value] of Object.entries(asked.fields ?? {})) after[name] = isHidden ? CHANGED : value;
  for (const path of secretsIn(collection, asked.fields ?? {}, verb?.args ?? null)) {
    const [field = path] = path.split('.');
    Reflect.deleteProperty(after, field);
    after[path] = CHANGED;
  }
  return {
    action: actionName(asked),
    target: { collection: collection.name, id },
    after: Object.keys(after).length === 0 ? null : after,
    why: asked.why,
  };
}

const CHANGED = 'changed';
const OPERATIONS = { create: 'create', patch: 'change', put: 'report', del: 'delete' } as const;

/** What every record has and nobody says. */
const STAMPS: ReadonlySet<string> = new Set(['id', 'org', 'version', 'createdAt', 'updatedAt', 'observedAt', 'source']);

/** Fields that whoever may read checks is shown, and into which people put tokens all the same. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  services: ['check.headers'],
  checks: ['headers'],
};
const HIDDEN_FIELDS: ReadonlySet<string> = new Set(['headers']);

/** Paths of a body that hold secrets: what the schema of a write, or of the command's arguments, says must not be read back. */
export function secretsIn(
  { name, create, patch }: Pick<Collection, 'create' | 'name' | 'patch'>,
  fields: JsonObject,
  args: Verb['args'] | null = null,
): readonly string[] {
  const hidden = Object.hasOwn(HIDDEN, name) ? (HIDDEN[name] ?? []) : [];
  const said = args === null ? [...secretPaths(create), ...secretPaths(patch)] : secretPaths(args);
  return [...new Set([...hidden, ...said])].flatMap((path) => {
    const value = path
      .split('.')
      .reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), fields);
    if (value === undefined) return [];
    return isObject(value) ? Object.keys(value).map((key) => `${path}.${key.slice(0, 64)}`) : [path];
  });
}

/** Of a new or deleted record what people said of it; of a change whatever moved (null: every field). */
function fieldsOf({ kind, owns }: Collection, isWhole: boolean): readonly string[] | null {
  return isWhole && kind !== 'plain' ? owns.api : null;
}

function compare(
  was: Row | null,
  is: Row | null,
  only: readonly string[] | null,
  prefix: string,
  into: { readonly before: Record<string, Json>; readonly after: Record<string, Json> },
): void {
  if (was === is) return;
  for (const field of only ?? new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])) {
    if (STAMPS.has(field)) continue;
    const [old = null, now = null] = [was?.[field], is?.[field]];
    if (equalJson(old, now) || (isNothing(old) && isNothing(now))) continue;
    const isHidden = prefix === 'check.' && HIDDEN_FIELDS.has(field);
    if (was !== null) into.before[prefix + field] = isHidden ? CHANGED : old;
    if (is !== null) into.after[prefix + field] = isHidden ? CHANGED : now;
  }
}

/** Not worth a line of a new record. */
function isNothing(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Are there people who may read the log and not such a record? */
function isPartlySeen({ access }: Collection): boolean {
  return access.rows !== undefined && access.adminSeesAll !== true;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
