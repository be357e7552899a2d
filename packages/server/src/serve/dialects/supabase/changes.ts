/** What happened to a record, as changes of a table in the form of logical replication. Pure. */
import type { JsonObject } from '@statewire/protocol';
import type { Event } from '../line.ts';
import type { Departure } from './departures.ts';
import type { Binding } from './join.ts';
import { columnsOf, SCHEMA, toKey, toRow } from './tables.ts';

/** `data` of a postgres_changes message. */
export type ChangeData = JsonObject;

/**
 * At most one change. What comes to pass a filter is an INSERT, and an UPDATE for who listens to updates only and when the record
 * is not new; what passes no more is a DELETE with the key: nobody is left with a row that the filter does not mean.
 */
export function changesOf(binding: Binding, event: Event): readonly ChangeData[] {
  const { table, filter } = binding;
  const after = event.type === 'leave' ? null : toRow(table, event.row);
  const isIn = after !== null && filter.passes(after);
  if (table.isLog) return isIn ? only(binding, 'INSERT', { after, id: event.id, at: event.at }) : [];
  const wasIn = event.type !== 'enter' && filter.passes(toRow(table, event.before));
  if (isIn && wasIn) return only(binding, 'UPDATE', { after, id: event.id, at: event.at });
  if (!isIn) return wasIn ? only(binding, 'DELETE', { after: null, id: event.id, at: event.at }) : [];
  const { createdAt } = event.type === 'leave' ? event.before : event.row;
  const isNew = typeof createdAt === 'number' && createdAt >= event.at;
  const type = binding.event === 'UPDATE' && !isNew ? 'UPDATE' : 'INSERT';
  return only(binding, type, { after, id: event.id, at: event.at });
}

/** How far back it is told what a client could not hear. */
export interface Away {
  /** Last values are told again from here on: to tell one twice does no harm. */
  readonly since: number;
  /** From here on what is new is told as new, and logs go on: to tell that twice does. Null: this client was never here. */
  readonly heardUntil: number | null;
}

/** The last values of rows that changed within the time in which a client that was cut off could not hear of them. */
export function replayOf(
  binding: Binding,
  records: readonly JsonObject[],
  { since, heardUntil }: Away,
): readonly ChangeData[] {
  return records.flatMap((record) => {
    const { createdAt, updatedAt, id } = record;
    if (typeof updatedAt !== 'number' || updatedAt < since || typeof id !== 'string') return [];
    const after = toRow(binding.table, record);
    if (!binding.filter.passes(after)) return [];
    const isMissed = (at: unknown): boolean => heardUntil !== null && typeof at === 'number' && at >= heardUntil;
    if (binding.table.isLog) return isMissed(updatedAt) ? only(binding, 'INSERT', { after, id, at: updatedAt }) : [];
    return only(binding, isMissed(createdAt) ? 'INSERT' : 'UPDATE', { after, id, at: updatedAt });
  });
}

/** Keys of what passed meanwhile and passes no more. */
export function goneOf(binding: Binding, departures: readonly Departure[]): readonly ChangeData[] {
  const { table, filter } = binding;
  if (table.isLog) return [];
  return departures.flatMap(({ id, at, before, now }) => {
    if (now !== null && filter.passes(toRow(table, now))) return [];
    const wasIn = before.length === 0 || before.some((row) => filter.passes(toRow(table, row)));
    return wasIn ? only(binding, 'DELETE', { after: null, id, at }) : [];
  });
}

function selected(row: JsonObject, select: readonly string[] | null): JsonObject {
  return select === null ? row : Object.fromEntries(select.map((name) => [name, row[name] ?? null]));
}

function only(
  { event, select, table }: Binding,
  type: 'DELETE' | 'INSERT' | 'UPDATE',
  { after, id, at }: { readonly after: JsonObject | null; readonly id: string; readonly at: number },
): readonly ChangeData[] {
  if (event !== '*' && event !== type) return [];
  const key = toKey(table, id);
  const record = after === null ? null : selected(after, select);
  return [
    {
      schema: SCHEMA,
      table: table.name,
      type,
      commit_timestamp: new Date(at).toISOString(),
      columns: columnsOf(record ?? key),
      errors: null,
      ...(record === null ? {} : { record }),
      ...(type === 'INSERT' ? {} : { old_record: key }),
    },
  ];
}
