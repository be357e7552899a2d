/** What a join asks for: `config` of a channel, read once. */
import { isJsonObject, ok, refuse, type Json, type JsonObject, type Result } from '@statewire/protocol';
import type { CollectionOf } from '../../../lib/catalog.ts';
import type { Limits } from '../../../lib/limits.ts';
import { parseRowFilter, type RowFilter } from './filter.ts';
import { tableOf, type Table } from './tables.ts';
import { objectAt } from './wire.ts';

export type ChangeType = '*' | 'DELETE' | 'INSERT' | 'UPDATE';

/** One entry of postgres_changes. */
export interface Binding {
  readonly id: number;
  /** As it was said: the client compares the answer with it. */
  readonly said: JsonObject;
  readonly event: ChangeType;
  readonly schema: string;
  readonly table: Table;
  readonly filter: RowFilter;
}

export interface Wish {
  readonly bindings: readonly Binding[];
  readonly hearsItself: boolean;
  readonly wantsAck: boolean;
  readonly isPrivate: boolean;
  /** What was said before, told again: from when, and how many at most. */
  readonly replay: { readonly since: number; readonly limit: number } | null;
  readonly hasPresence: boolean;
  readonly presenceKey: string;
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
  const bindings: Binding[] = [];
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

function readBinding(entry: Json, id: number, of: CollectionOf): Result<Binding> {
  if (!isJsonObject(entry)) return refuse('bad_request', 'postgres_changes: expected objects');
  const { event = '*', schema = 'public', table: name = '*', filter: text = '' } = entry;
  if (event !== '*' && event !== 'INSERT' && event !== 'UPDATE' && event !== 'DELETE') {
    return refuse('bad_request', `event: found ${JSON.stringify(event)}, expected *, INSERT, UPDATE or DELETE`);
  }
  if (typeof schema !== 'string' || typeof name !== 'string' || (typeof text !== 'string' && text !== null)) {
    return refuse('bad_request', 'schema, table and filter: expected texts');
  }
  if (name === '*') return refuse('unsupported', 'table: name one; all tables at once are not served');
  const table = tableOf(name, of);
  if (table === null) return refuse('unknown_collection', `there is no table ${JSON.stringify(name.slice(0, 64))}`);
  const filter: Result<RowFilter> = parseRowFilter(text ?? '', table, of);
  return filter.ok ? ok({ id, said: entry, event, schema, table, filter: filter.value }) : filter;
}

function isTrue(value: Json | undefined): boolean {
  return value === true || value === 'true';
}
