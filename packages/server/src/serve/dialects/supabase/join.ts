/** What a join asks for: `config` of a channel, read once. */
import { ALL, isJsonObject, ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';
import type { Limits } from '../../../lib/limits.ts';
import { parseRowFilter, type RowFilter } from './filter.ts';
import { hasColumn, SCHEMA, tableOf, type Table } from './tables.ts';
import { objectAt } from './wire.ts';

export type ChangeType = '*' | 'DELETE' | 'INSERT' | 'UPDATE';

/** One entry of postgres_changes. */
export interface Binding {
  readonly id: number;
  /** As it was said: the client compares the answer with it. */
  readonly said: JsonObject;
  readonly event: ChangeType;
  readonly table: Table;
  readonly filter: RowFilter;
  /** The columns to tell; null: all. */
  readonly select: readonly string[] | null;
}

/** An entry that is about all tables its caller may read. */
export type OfAll = Pick<Binding, 'event' | 'id' | 'said'>;

export interface Wish {
  readonly bindings: readonly (Binding | OfAll)[];
  readonly hearsItself: boolean;
  readonly wantsAck: boolean;
  readonly isPrivate: boolean;
  /** What was said before, told again: from when, and how many at most. */
  readonly replay: { readonly since: number; readonly limit: number } | null;
  readonly hasPresence: boolean;
  readonly presenceKey: string;
  /** Whether to say, beside the answer, that what a database says would be told. */
  readonly wantsReady: boolean;
  readonly token: string | null;
}

export function readJoin(
  payload: JsonObject,
  deps: { readonly of: CollectionOf; readonly limits: Limits },
): Result<Wish> {
  const config = objectAt(payload, 'config');
  const broadcast = objectAt(config, 'broadcast');
  const presence = objectAt(config, 'presence');
  const { key } = presence;
  const asked: Json = config['postgres_changes'] ?? [];
  if (!Array.isArray(asked)) return refuse('bad_request', 'postgres_changes: expected a list');
  const entries = asked.filter((entry) => entry !== null);
  if (entries.length > deps.limits.bindingsPerChannelMax) {
    return refuse(
      'too_many_subs',
      `postgres_changes: found ${entries.length}, at most ${deps.limits.bindingsPerChannelMax} in one channel`,
    );
  }
  const bindings: (Binding | OfAll)[] = [];
  for (const [index, entry] of entries.entries()) {
    const binding = readBinding(entry, index + 1, deps.of);
    if (!binding.ok) return binding;
    bindings.push(binding.value);
  }
  const isPrivate = isTrue(config['private']);
  const replay = readReplay(broadcast['replay'], deps.limits);
  if (!replay.ok) return replay;
  if (replay.value !== null && !isPrivate)
    return refuse('bad_request', 'replay: only what is said in private channels is kept');
  return ok({
    bindings,
    replay: replay.value,
    hearsItself: isTrue(broadcast['self']),
    wantsAck: isTrue(broadcast['ack']),
    isPrivate,
    // Clients of before 2.12 do not say it.
    hasPresence: presence['enabled'] === undefined || isTrue(presence['enabled']),
    wantsReady: isTrue(broadcast['replication_ready']),
    presenceKey: typeof key === 'string' ? key.slice(0, KEY_CHARS_MAX) : '',
    token: tokenOf(payload),
  });
}

/** The token a payload carries: none, or a publishable key, which is no identity, are passed by. */
export function tokenOf(payload: JsonObject): string | null {
  const { access_token: token } = payload;
  return typeof token === 'string' && token !== '' && !token.startsWith('sb_') ? token : null;
}

const KEY_CHARS_MAX = 128;

function readReplay(raw: Json | undefined, { replayedPerJoinMax }: Limits): Result<Wish['replay']> {
  if (raw === undefined || raw === null) return ok(null);
  const { since, limit = replayedPerJoinMax } = isJsonObject(raw) ? raw : {};
  if (typeof since !== 'number' || typeof limit !== 'number' || !Number.isSafeInteger(limit) || limit < 1)
    return refuse('bad_request', 'replay: expected {since: milliseconds, limit: a number above 0}');
  return ok({ since, limit: Math.min(limit, replayedPerJoinMax) });
}

function readBinding(entry: Json, id: number, of: CollectionOf): Result<Binding | OfAll> {
  if (!isJsonObject(entry)) return refuse('bad_request', 'postgres_changes: expected objects');
  const { event = '*', schema = SCHEMA, table: name = '*', filter: text = '', select = null } = entry;
  if (event !== '*' && event !== 'INSERT' && event !== 'UPDATE' && event !== 'DELETE') {
    return refuse('bad_request', `event: found ${JSON.stringify(event)}, expected *, INSERT, UPDATE or DELETE`);
  }
  if (typeof schema !== 'string' || typeof name !== 'string' || (typeof text !== 'string' && text !== null)) {
    return refuse('bad_request', 'schema, table and filter: expected texts');
  }
  if (schema !== SCHEMA && schema !== '*')
    return refuse(
      'unknown_collection',
      `schema: found ${JSON.stringify(schema.slice(0, 64))}, all tables are in ${SCHEMA}`,
    );
  if (name === '*') {
    if (text !== null && text.trim() !== '') return refuse('bad_filter', 'a filter is about the columns of one table');
    if (select !== null) return refuse('bad_filter', 'select: it is about the columns of one table');
    return ok({ id, said: entry, event });
  }
  const table = tableOf(name, of);
  if (table === null) return refuse('unknown_collection', `there is no table ${JSON.stringify(name.slice(0, 64))}`);
  const filter: Result<RowFilter> = parseRowFilter(text ?? '', table, of);
  if (!filter.ok) return filter;
  const columns = readSelect(select, table, of);
  return columns.ok ? ok({ id, said: entry, event, table, filter: filter.value, select: columns.value }) : columns;
}

function readSelect(raw: Json, table: Table, of: CollectionOf): Result<readonly string[] | null> {
  if (raw === null) return ok(null);
  if (!Array.isArray(raw) || raw.length === 0 || raw.length > COLUMNS_MAX)
    return refuse('bad_filter', `select: expected a list of 1 to ${COLUMNS_MAX} columns`);
  const columns: string[] = [];
  for (const column of raw) {
    if (typeof column !== 'string' || !hasColumn(table, column, of))
      return refuse('bad_filter', `select: ${table.name} has no column ${JSON.stringify(column)?.slice(0, 64)}`);
    columns.push(column);
  }
  return ok([...new Set(columns)]);
}

const COLUMNS_MAX = 200;

/** The binding that an entry for all tables is for one of them. */
export function bindingOf({ id, said, event }: OfAll, collection: string): Binding {
  const table: Table = { name: collection, collection, columns: null, isLog: false };
  return { id, said, event, table, filter: { view: ALL, passes: () => true }, select: null };
}

function isTrue(value: Json | undefined): boolean {
  return value === true || value === 'true';
}
