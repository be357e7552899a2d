/**
 * Changes of rows as others send them, in the words of the webhooks of Supabase: `{type, table, schema, record, old_record}`, one
 * or a list. The columns of a row become the texts that a database would write, so that the rest is the same for all.
 */
import { ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { RowChange } from './apply.ts';
import type { Columns } from './pgoutput.ts';
import type { TablePlan } from './plan.ts';

/** One change as it came. */
export interface SentChange {
  readonly type: 'DELETE' | 'INSERT' | 'UPDATE' | 'UPSERT';
  readonly table: string;
  readonly schema?: string | null | undefined;
  readonly record?: JsonObject | null | undefined;
  readonly old_record?: JsonObject | null | undefined;
}

const rowSchema: z.ZodType<JsonObject> = z.record(z.string().min(1).max(63), z.json());

/** What is sent beside these fields is nobody's business here. */
const changeSchema: z.ZodType<SentChange> = z
  .looseObject({
    type: z.enum(['INSERT', 'UPDATE', 'UPSERT', 'DELETE']),
    table: z.string().min(1).max(127),
    schema: z.string().min(1).max(63).nullish(),
    record: rowSchema.nullish(),
    old_record: rowSchema.nullish(),
  })
  .meta({
    id: 'RowChange',
    description:
      'What happened to a row: what it is now in `record`, and what it was (its key at least) in `old_record`',
  });

/** What is sent at once. */
export function changesSchema(max: number): z.ZodType<SentChange[]> {
  return z.array(changeSchema).min(1).max(max);
}

/** What a change is to us. */
export function changeOf(sent: SentChange, tables: ReadonlyMap<string, TablePlan>): Result<RowChange> {
  const name = sent.table.includes('.') ? sent.table : `${sent.schema ?? 'public'}.${sent.table}`;
  const plan = tables.get(name);
  if (plan === undefined) {
    const known = [...tables.keys()].slice(0, 20).join(', ');
    return refuse('bad_field', `table: found ${JSON.stringify(name)}, expected one of ${known}; add it to the capture`);
  }
  const { type, record, old_record: old } = sent;
  if (type === 'DELETE') {
    // Who has no old row says the key as the record.
    const was = old ?? record;
    if (was !== null && was !== undefined) return ok({ kind: 'delete', plan, old: columnsOf(was) });
    return refuse('bad_field', `${name}: a DELETE says in old_record which row it was, its key at least`);
  }
  if (record !== null && record !== undefined) {
    const columns = columnsOf(record);
    return ok({ kind: 'put', plan, row: columns, old: old === null || old === undefined ? null : columnsOf(old) });
  }
  return refuse('bad_field', `${name}: found no record, expected the row as it is after this ${type}`);
}

/** A row of JSON in the texts of a database. What it does not have was not said. */
export function columnsOf(row: JsonObject): Columns {
  return new Map(Object.entries(row).map(([column, value]) => [column, textOf(value)]));
}

function textOf(value: Json): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
