/** What happened to a record, as changes of a table in the form of logical replication. Pure. */
import type { JsonObject } from '@statewire/protocol';
import type { Event } from '../line.ts';
import type { Binding } from './join.ts';
import { columnsOf, toKey, toRow } from './tables.ts';

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

/** The last values of rows that changed within the time in which a client that was cut off could not hear of them. */
export function replayOf(binding: Binding, records: readonly JsonObject[], since: number): readonly ChangeData[] {
  if (binding.table.isLog) return [];
  return records.flatMap((record) => {
    const { updatedAt, id } = record;
    if (typeof updatedAt !== 'number' || updatedAt < since || typeof id !== 'string') return [];
    const after = toRow(binding.table, record);
    return binding.filter.passes(after) ? only(binding, 'UPDATE', { after, id, at: updatedAt }) : [];
  });
}

function only(
  { event, schema, table }: Binding,
  type: 'DELETE' | 'INSERT' | 'UPDATE',
  { after, id, at }: { readonly after: JsonObject | null; readonly id: string; readonly at: number },
): readonly ChangeData[] {
  if (event !== '*' && event !== type) return [];
  const key = toKey(table, id);
  return [
    {
      schema,
      table: table.name,
      type,
      commit_timestamp: new Date(at).toISOString(),
      columns: columnsOf(after ?? key),
      errors: null,
      ...(after === null ? {} : { record: after }),
      ...(type === 'INSERT' ? {} : { old_record: key }),
    },
  ];
}
