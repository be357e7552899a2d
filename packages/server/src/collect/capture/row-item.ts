/** What a row is to us: the id of its record and the fields that it says. Pure. */
import { isRecordId, ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Columns } from './pgoutput.ts';
import type { FieldPlan, TablePlan } from './plan.ts';
import { valueOf } from './value.ts';

/** The record that a row is, as far as the row says it. */
export interface RowItem {
  readonly id: string;
  /** Fields whose column was not sent, because it is large and did not change, are not here. */
  readonly fields: JsonObject;
  /** When the last sign of life behind its status was; null where that is not known. */
  readonly heardAt?: number | null;
}

/** Null: rows like this one are no records. */
export function itemOf(plan: TablePlan, row: Columns): Result<RowItem | null> {
  for (const [column, values] of Object.entries(plan.only)) {
    const value = row.get(column);
    if (value !== undefined && !values.includes(value)) return ok(null);
  }
  const id = idOf(plan, row);
  if (!id.ok) return id;
  const fields: Record<string, Json> = {};
  for (const [field, from] of Object.entries(plan.fields)) {
    const text = row.get(from.column);
    if (text === undefined) continue;
    const value = readField(from, text);
    if (value === undefined) {
      return refuse(
        'bad_field',
        `${plan.table}.${from.column}: found ${shown(text)}, expected ${from.type} for ${field}`,
      );
    }
    fields[field] = value;
  }
  const labels = labelsOf(plan, row);
  if (labels !== null) fields['labels'] = labels;
  if (plan.heartbeat === null) return ok({ id: id.value, fields });
  const heardAt = valueOf(row.get(plan.heartbeat.column) ?? null, 'time');
  return ok({ id: id.value, fields, heardAt: typeof heardAt === 'number' ? heardAt : null });
}

/**
 * The id of a row's record: the values of its key, joined by colons. Whatever an id may not hold is written as `@` and two hex
 * digits for each byte, so that different keys never meet; a long one is its digest.
 */
export function idOf(plan: TablePlan, row: Columns): Result<string> {
  const parts: string[] = [];
  for (const column of plan.key) {
    const value = row.get(column);
    if (value === undefined) {
      return refuse('bad_field', `${plan.table}: a change came without its key column ${column}; ${IDENTITY_HELP}`);
    }
    if (value === null) return refuse('bad_field', `${plan.table}.${column}: found NULL, expected a key`);
    parts.push(escaped(value, plan.key.length > 1));
  }
  const id = parts.join(':');
  if (isRecordId(id)) return ok(id);
  return ok(id === '' ? '@' : id.length > ID_CHARS_MAX ? digest(id) : id.replaceAll(/./gu, hex));
}

/** What makes the database tell the key of what is deleted or changed. */
export const IDENTITY_HELP =
  'give the table a primary key of these columns, or run ALTER TABLE ... REPLICA IDENTITY FULL';

const ID_CHARS_MAX = 128;

function escaped(text: string, isPart: boolean): string {
  const safe = isPart ? /[^A-Za-z0-9._-]/gu : /[^A-Za-z0-9._:-]/gu;
  return text.replaceAll(safe, hex);
}

function hex(letter: string): string {
  return [...Buffer.from(letter)].map((byte) => `@${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function digest(id: string): string {
  return `@sha256-${createHash('sha256').update(id).digest('hex')}`;
}

function readField(from: FieldPlan, text: string | null): Json | undefined {
  let value = valueOf(text, from.type);
  for (const step of from.path) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: a JSON value that is an object and no list.
    value = isObject && Object.hasOwn(value as JsonObject, step) ? (value as JsonObject)[step] : null;
  }
  if (from.words === null || value === undefined || value === null) {
    return value === null && from.otherwise !== undefined ? from.otherwise : value;
  }
  const word = typeof value === 'string' ? value : JSON.stringify(value);
  if (Object.hasOwn(from.words, word)) return from.words[word];
  return from.otherwise === undefined ? value : from.otherwise;
}

function labelsOf(plan: TablePlan, row: Columns): JsonObject | null {
  const columns = Object.entries(plan.labels);
  if (columns.length === 0 || columns.some(([, column]) => row.get(column) === undefined)) return null;
  return Object.fromEntries(
    columns.flatMap(([label, column]) => {
      const value = row.get(column);
      return value === null || value === undefined || value === '' ? [] : [[label, value.slice(0, 128)]];
    }),
  );
}

/** A value is somebody's data: its kind and size say enough. */
function shown(text: string | null): string {
  return text === null ? 'NULL' : `a text of ${text.length} characters`;
}
