/**
 * Which table is which collection, as data. Every collection is a table under its own name with its fields as columns; the
 * tables of well-known schemas are collections under other names, with their columns.
 */
import type { JsonObject, Json } from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';

/** Where a column comes from: a field, and how its value is said. */
interface Column {
  readonly field: string;
  readonly as?: 'timestamp' | undefined;
}

export interface Table {
  readonly name: string;
  readonly collection: string;
  /** Null: the fields themselves. */
  readonly columns: Readonly<Record<string, Column>> | null;
  /** A log: each change of a record is a row of its own, so everything is an INSERT. */
  readonly isLog: boolean;
}

export const PACK: readonly Table[] = [
  table('mcp_servers', 'services', { id: 'id', name: 'name', status: 'status', url: 'target' }),
  table('account_tool_instances', 'services', {
    id: 'id',
    instance_name_on_toolbox: 'name',
    status_on_toolbox: 'status',
    mcp_server_type: 'kind',
  }),
  log('mcp_server_status_logs', 'services', { server_id: 'id', status: 'status', metadata: 'reason' }),
  table('agent_mcp_connections', 'connections', {
    id: 'id',
    agent_id: 'agent',
    server_id: 'service',
    status: 'status',
  }),
  log('agent_mcp_connection_logs', 'connections', {
    connection_id: 'id',
    agent_id: 'agent',
    status: 'status',
    event_data: 'reason',
  }),
  table('agent_executions', 'executions', {
    id: 'id',
    agent_id: 'agent',
    title: 'title',
    status: 'state',
    progress: 'progress',
  }),
];

/** Where all tables are. */
export const SCHEMA = 'public';

/** The table of this name; null when there is none. */
export function tableOf(name: string, of: CollectionOf): Table | null {
  // The app's own comes first: what it calls `notifications` may be another thing than ours of that name.
  const own = of(`app-${name.replaceAll('_', '-')}`);
  if (own !== null) return { name, collection: own.name, columns: null, isLog: false };
  const known = PACK.find((each) => each.name === name);
  if (known !== undefined) return known;
  const collection = of(name) ?? of(name.replaceAll('_', '-'));
  return collection === null ? null : { name, collection: collection.name, columns: null, isLog: false };
}

/** A record as a row of the table. */
export function toRow({ columns }: Table, record: JsonObject): JsonObject {
  if (columns === null) return record;
  const row: Record<string, Json> = {};
  for (const [name, { field, as }] of Object.entries(columns)) {
    const value = record[field] ?? null;
    row[name] = as === 'timestamp' && typeof value === 'number' ? new Date(value).toISOString() : value;
  }
  return row;
}

/** The key of a row, as it is told when the rest is gone. */
export function toKey({ columns }: Table, id: string): JsonObject {
  if (columns === null) return { id };
  const name = Object.keys(columns).find((each) => columns[each]?.field === 'id') ?? 'id';
  return { [name]: id };
}

/** The field that a column says as it is; null when there is none, or it is said otherwise. */
export function fieldOf({ columns }: Table, column: string): string | null {
  if (columns === null) return column;
  const found = Object.hasOwn(columns, column) ? columns[column] : undefined;
  return found === undefined || found.as !== undefined ? null : found.field;
}

/** Has the table this column? */
export function hasColumn({ columns, collection }: Table, column: string, of: CollectionOf): boolean {
  return columns === null ? (of(collection)?.fields.includes(column) ?? false) : Object.hasOwn(columns, column);
}

/** Types by which the client converts: what is no text is told as JSON already. */
export function columnsOf(row: JsonObject): readonly { readonly name: string; readonly type: string }[] {
  return Object.entries(row).map(([name, value]) => ({ name, type: typeOf(value) }));
}

function typeOf(value: Json | undefined): string {
  if (typeof value === 'number') return 'float8';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' && value !== null ? 'jsonb' : 'text';
}

function table(name: string, collection: string, fields: Readonly<Record<string, string>>): Table {
  const said = Object.entries(fields).map(([column, field]): [string, Column] => [column, { field }]);
  const times: Readonly<Record<string, Column>> = {
    created_at: { field: 'createdAt', as: 'timestamp' },
    updated_at: { field: 'updatedAt', as: 'timestamp' },
    last_status_update: { field: 'updatedAt', as: 'timestamp' },
  };
  return { name, collection, columns: { ...Object.fromEntries(said), ...times }, isLog: false };
}

function log(name: string, collection: string, fields: Readonly<Record<string, string>>): Table {
  const said = Object.entries(fields).map(([column, field]): [string, Column] => [column, { field }]);
  const timestamp: Column = { field: 'updatedAt', as: 'timestamp' };
  return { name, collection, columns: { ...Object.fromEntries(said), timestamp }, isLog: true };
}
